"""The parts of declared destinations that need neither a warehouse nor a server."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from oauthlib import oauth1
from tests.unit.spec_projects import instance_of

from dbt_audiences.core.destination_type import Field, Hash, Normalization
from dbt_audiences.spec import json_schema
from dbt_audiences.sync.channel import Envelope, Opening, Unit
from dbt_audiences.sync.declared.channel import Declared
from dbt_audiences.sync.declared.fields import sent_value
from dbt_audiences.sync.declared.oauth1 import authorization
from dbt_audiences.sync.declared.statement import body_of, rows_of, statement_of
from dbt_audiences.sync.declared.templates import OMIT, CannotRender, compiled, expression, path_of
from dbt_audiences.sync.declared.types import CATALOGUE, declared_type
from dbt_audiences.sync.effects import Effects
from dbt_audiences.sync.http import Answer, _wished_wait
from dbt_audiences.sync.json_text import dumped

NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
ENVELOPE = Envelope("d", "vips", "boolean", "VIPs", "Audience Entered", "Audience Exited", "shop", NOW, "sync-1")


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("normalize", "way", "given", "sent"),
    [
        (("trim", "lower"), "sha256", " Ann@Example.COM ", sha256("ann@example.com")),
        (("trim", "lower"), "sha256", sha256("x").upper(), sha256("x")),
        (("trim", "lower"), "sha256", "f" * 63, sha256("f" * 63)),
        (("lower",), "md5", "A", hashlib.md5(b"a").hexdigest()),
        (("digits", "no_leading_zeros"), "sha256", "+0 49 (30) 1234", sha256("49301234")),
        (("digits", "no_leading_zeros"), "sha256", "+0000", None),
        (("e164",), None, "+49 30 1234567", "+49301234567"),
        (("e164",), None, "030 1234567", None),
        (("e164",), None, "+12", None),
        (("e164", "no_plus"), None, "+4930 1234567", "49301234567"),
        (("gmail_without_dots", "without_tag"), None, "a.b+c@gmail.com", "ab@gmail.com"),
        (("gmail_without_dots", "without_tag"), None, "a.b+c@example.com", "a.b+c@example.com"),
        (("no_spaces",), None, " a b ", "ab"),
        (("name_without_dots", "name_without_tag"), None, "a.b+c@example.com", "ab@example.com"),
        ((), None, "00123", "00123"),
        (("trim",), None, "   ", None),
        (("lower",), None, "ÜNÏ", "ünï"),
    ],
)
def test_a_value_is_sent_as_the_vendor_compares_it(
    normalize: tuple[Normalization, ...], way: Hash | None, given: str, sent: str | None
) -> None:
    assert sent_value(Field("x", "x", normalize=normalize, hash=way), given) == sent


def test_a_value_that_is_none_there_is_left_out_before_it_is_hashed() -> None:
    field = Field("id", "user_id", hash="sha256", pattern="[0-9]+")
    assert sent_value(field, "12") == sha256("12")
    assert sent_value(field, "twelve") is None


@pytest.mark.parametrize(
    ("template", "made"),
    [
        ("{{ id }}", "00123"), ("{{ id | int }}", 123), ("x{{ id }}", "x00123"), ("{{ id }}{{ id }}", "0012300123"),
        ({"a": "{{ big }}", "b": "{{ nothing | default(omit) }}"}, {"a": 23856594064540489}),
        (["{{ nothing | default(omit) }}", "{{ rows }}"], [[1, 2]]), ({"{{ id }}": True}, {"00123": True}),
        ({"$each": "{{ row }}"}, [1, 2]), ({"$each": ["{{ row }}"], "$if": "row > 1"}, [[2]]),
        ("{{ number }}", "\x00n1.50\x00"), ("is {{ number }}", "is 1.50"),
        ("{{ found.items }}", 5), ("{{ {'b': none, 'a': true} | texts }}", {"b": "", "a": "true"}),
        ("{{ found.exact | texts }}", {"n": "1.50"}), ("{{ ['a', 2] | under('x.y') }}", [{"x": {"y": "a"}}, {"x": {"y": 2}}]),
    ],
)  # fmt: skip
def test_one_expression_keeps_its_type_and_what_looks_like_a_number_stays_text(template: object, made: object) -> None:
    context: dict[str, Any] = {
        "id": "00123", "big": 23856594064540489, "rows": [1, 2], "omit": OMIT, "number": "\x00n1.50\x00",
        "found": {"items": 5, "exact": {"n": "\x00n1.50\x00"}},
    }  # fmt: skip
    assert compiled(template)(context) == made


@pytest.mark.parametrize(
    "template",
    ["{{ nothing }}", "x{{ nothing }}", "{{ a.b }}", "{{ ''.__class__.__mro__ }}", "{{ rows.append(3) }}", "{{ 1 / 0 }}"],
)
def test_what_is_not_there_or_not_allowed_cannot_be_rendered(template: str) -> None:
    with pytest.raises(CannotRender):
        compiled(template)({"rows": [1], "a": {}})


def test_what_a_path_inserts_is_encoded_and_expressions_on_answers_forgive() -> None:
    assert path_of("/lists/{{ name }}/x")({"name": "a b/ü?"}) == "/lists/a%20b%2F%C3%BC%3F/x"
    assert expression("body.error.code in [4, 17]")({"body": {"error": {"code": 17}}}) is True
    for text in ("body.a.b.c", "body.a > 5", "body[0].x", "''.__class__"):
        assert expression(text)({"body": {"a": None}}) is None
    assert dumped(expression("body.results | keyed('p.email', 'id')")(
        {"body": {"results": [{"p": {"email": "A@x"}, "id": 7}, {"p": {}, "id": 8}, "odd"]}}
    )) == '{"a@x":7}'  # fmt: skip


def test_a_request_read_back_states_the_same() -> None:
    units = [Unit("p", "add", {"email": "a@x.y"}, '{"score":1.50}'), Unit("q", "add", {"user_id": "7"}, "{}")]
    body = body_of(ENVELOPE, "add", units)
    statement = statement_of(body)
    assert (statement.envelope, list(statement.units)) == (ENVELOPE, units)
    rows, unusable = rows_of(statement, [Field("email", "email")], any_identifier=False)
    assert [(row["email"], row["index"]) for row in rows] == [("a@x.y", 0)]
    assert dumped(rows[0]["attributes"]) == '{"score":1.50,"vips":true}'
    assert rows[0]["call"]["messageId"] == rows[0]["message_id"] == statement.message_ids[0]
    assert unusable == [(statement.message_ids[1], "its `user_id` has no form that can be sent there")]


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {"retry-after": "7"}, 7.0),
        (503, {"retry-after": "Sun, 01 Feb 2026 12:00:09 GMT"}, 9.0),
        (429, {"x-ratelimit-reset": "1769947210"}, 10.0),
        (429, {"x-ratelimit-reset": "12.5"}, 12.0),
        (429, {"x-ratelimit-retry-after": "3"}, 3.0),
        (429, {"x-rate-limit-reset": "1769947210"}, 10.0),
        (200, {"x-ratelimit-reset": "1769947210"}, None),
        (429, {}, None),
        (429, {"retry-after": "soon"}, None),
    ],
)
def test_every_way_to_ask_for_patience_is_understood(status: int, headers: dict[str, str], seconds: float | None) -> None:
    assert _wished_wait(Answer(status, headers, ""), lambda: NOW) == seconds


_words = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]) | st.sampled_from("ü&=+% ~"), min_size=1, max_size=8)


@given(st.lists(st.tuples(_words, _words), max_size=4), _words, _words, _words)
def test_a_signature_is_the_one_of_another_library(query: list[tuple[str, str]], key: str, secret: str, nonce: str) -> None:
    url = f"https://Api.Example.com:8443/a%20b/c?{urlencode(query)}"
    other = oauth1.Client(key, secret, "token", f"{secret}&", nonce=nonce, timestamp="1769947200")
    _, headers, _ = other.sign(url, "POST")
    made = authorization(
        "post", url, consumer_key=key, consumer_secret=secret, token="token", token_secret=f"{secret}&", nonce=nonce,
        epoch=1769947200,
    )  # fmt: skip
    assert sorted(made.removeprefix("OAuth ").split(", ")) == sorted(
        headers["Authorization"].removeprefix("OAuth ").split(", ")
    )


def test_every_declaration_of_the_package_fits_the_schema() -> None:
    validator = Draft202012Validator(json_schema("destination_type"))
    for path in sorted(CATALOGUE.glob("*.yml")):
        assert [error.message for error in validator.iter_errors(instance_of(path.read_text(encoding="utf-8")))] == [], path


def opened(key: str, secrets: dict[str, str], settings: dict[str, object], **changes: Any) -> Declared:
    return Declared(
        declared_type(key),
        Opening(
            envelope=replace(ENVELOPE, **changes), settings=settings, secrets=secrets, shown_settings=settings,
            allow_private_addresses=False, root=Path(), effects=Effects(),
        ),
    )  # fmt: skip


def test_the_value_of_a_trait_goes_as_an_attribute_and_one_that_is_gone_as_null() -> None:
    channel = opened("braze", {"api_key": "s3cret"}, {"data_center": "EU-01"}, audience="score", values=("score",))
    unit = Unit("p", "add", {"user_id": "7"}, '{"score":1.50}')
    shown = channel.shown("id", "add", [unit])
    assert shown == {
        "method": "POST", "url": "https://rest.fra-01.braze.eu/users/track",
        "body": {"attributes": [{"score": 1.5, "external_id": "7"}]},
    }  # fmt: skip
    gone = channel.shown("id", "remove", [replace(unit, side="remove")])
    assert gone["body"] == {"attributes": [{"score": None, "external_id": "7"}]}
    channel.close()


def test_a_secret_that_a_body_holds_is_never_shown_and_an_id_that_is_not_known_yet_has_a_name() -> None:
    channel = opened("posthog", {"project_api_key": "s3cret"}, {})
    shown = channel.shown("id", "add", [Unit("p", "add", {"user_id": "7"}, "{}")])
    assert "s3cret" not in str(shown) and "<project_api_key>" in str(shown)
    channel.close()
    lists = opened("hubspot", {"access_token": "s3cret"}, {}, as_="list")
    first, second = lists.shown("id", "add", [Unit("p", "add", {"email": "A@x.y"}, "{}")])["steps"]  # type: ignore[misc]
    assert first["body"]["inputs"][0]["id"] == "a@x.y"
    assert second == {
        "method": "PUT", "url": "https://api.hubapi.com/crm/v3/lists/LIST_ID/memberships/add-and-remove",
        "body": "made from the answers to the requests before",
    }  # fmt: skip
    lists.close()


def test_an_account_is_told_to_those_who_know_accounts() -> None:
    channel = opened("segment", {"write_key": "k"}, {})
    shown: Any = channel.shown("id", "add", [Unit("acme", "add", {"group_id": "acme"}, "{}")])
    (call,) = shown["body"]["batch"]
    assert (call["type"], call["groupId"], call["traits"]) == ("group", "acme", {"vips": True})
    channel.close()
