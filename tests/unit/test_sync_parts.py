"""The parts of a sync that need no warehouse."""

from __future__ import annotations

import base64
import json
import re
import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from dbt_audiences.core.definitions import Everyone, Place
from dbt_audiences.core.project import Audience, Destination, Project, RefuseAbove, SendTo
from dbt_audiences.flow.forget import folders_of, kept_elsewhere
from dbt_audiences.sync import calls, destinations, payloads
from dbt_audiences.sync.addresses import is_public
from dbt_audiences.sync.channel import Envelope, Unit
from dbt_audiences.sync.check import check_destinations, identifiers_of
from dbt_audiences.sync.destinations import destination_types
from dbt_audiences.sync.extras import need_library
from dbt_audiences.sync.http import judged
from dbt_audiences.sync.json_text import dumped, parsed
from dbt_audiences.sync.sizes import Sizes, refusal_of
from dbt_audiences.sync.templates import rendered
from dbt_audiences.sync.webhook_signature import secret_bytes, signed_headers

HERE = Place("destinations/hook.yml", 1, 1)
NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
ENVELOPE = Envelope("hook", "vips", "boolean", "VIPs", "Audience Entered", "Audience Exited", "shop", NOW, "sync-1")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def as_json(value: object) -> str:
    match value:
        case Decimal():
            return f"{value:f}"
        case list():
            return f"[{','.join(as_json(item) for item in value)}]"
        case dict():
            return "{" + ",".join(f"{json.dumps(key)}:{as_json(item)}" for key, item in value.items()) + "}"
        case _:
            return json.dumps(value)


@given(json_values)
def test_json_keeps_every_digit_and_character(value: object) -> None:
    text = as_json(value)
    exact: dict[str, Any] = {"parse_float": Decimal, "parse_int": Decimal}
    assert json.loads(dumped(parsed(text)), **exact) == json.loads(text, **exact)
    assert dumped(parsed(text)).encode()


def test_json_with_half_a_surrogate_pair_can_still_be_sent() -> None:
    assert dumped(parsed('["\\ud83d", 1e400, 0.10]')) == '["\\ud83d",1e400,0.10]'


@given(st.text(), st.binary(min_size=24, max_size=64))
def test_signatures_are_those_of_standard_webhooks(text: str, key: bytes) -> None:
    secret = f"whsec_{base64.b64encode(key).decode()}"
    body = dumped(text).encode()
    headers = signed_headers(secret_bytes(secret), "msg_1", datetime.now(UTC), body)
    assert Webhook(secret).verify(body, headers) == text


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not base64!", "ü"])
def test_a_secret_that_cannot_sign_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(ValueError, match="base64") as caught:
        secret_bytes(secret)
    assert "not base64!" not in str(caught.value)


def test_halving_a_body_down_to_single_calls_loses_nothing() -> None:
    units = [Unit(f"p{n}", "add", {"user_id": f"u{n}", "email": f"e{n}"}, '{"x":1.50}') for n in range(7)]
    whole = payloads.body(ENVELOPE, "add", units)
    waiting, single = [whole], []
    while waiting:
        body = waiting.pop(0)
        if len(payloads.mentions(body)) == 1:
            single.append(body)
        else:
            waiting += payloads.halves(body)
    assert sorted(mention.name for body in single for mention in payloads.mentions(body)) == sorted(
        mention.name for mention in payloads.mentions(whole)
    )
    assert all('"x":1.50' in body for body in single)


def test_a_message_id_is_one_statement_of_one_sync() -> None:
    unit = Unit("p", "add", {"user_id": "u"}, "{}")
    assert calls.message_id(ENVELOPE, unit) == calls.message_id(ENVELOPE, unit)
    others = [
        Unit("q", "add", {"user_id": "u"}, "{}"),
        Unit("p", "remove", {"user_id": "u"}, "{}"),
        Unit("p", "add", {"user_id": "v"}, "{}"),
        Unit("p", "add", {"user_id": "u"}, '{"x":1}'),
    ]
    assert len({calls.message_id(ENVELOPE, each) for each in (unit, *others)}) == 5


@pytest.mark.parametrize(
    ("status", "text", "verdict"),
    [
        (200, "", "delivered"), (204, "", "delivered"), (299, "<html>", "delivered"), (200, "[1]", "delivered"),
        (200, '{"rejected": "all"}', "delivered"), (200, "[" * 100_000, "delivered"), (400, "", "rejected"),
        (404, "", "rejected"),
        (410, "", "rejected"), (413, "", "rejected"), (422, "", "rejected"), (401, "", "held"), (403, "", "held"),
        (301, "", "pending"), (402, "", "pending"), (408, "", "pending"), (429, "", "pending"), (500, "", "pending"),
    ],
)  # fmt: skip
def test_each_status_has_one_meaning(status: int, text: str, verdict: str) -> None:
    assert judged(status, text).verdict == verdict


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True), ("2606:2800:220:1::1", True), ("127.0.0.1", False), ("10.1.2.3", False),
        ("192.168.0.1", False), ("172.16.0.1", False), ("169.254.169.254", False), ("100.64.0.1", False),
        ("0.0.0.0", False), ("224.0.0.1", False), ("255.255.255.255", False), ("::1", False), ("fe80::1%eth0", False),
        ("fd00::1", False), ("::ffff:10.0.0.1", False), ("64:ff9b::7f00:1", False), ("2002:7f00:1::", False),
    ],
)  # fmt: skip
def test_only_addresses_of_the_open_internet_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_templates_know_environment_variables_only() -> None:
    assert rendered({"a": ["{{ env_var('X') }}!"], "b": 5}, {"X": "1"}) == {"a": ["1!"], "b": 5}
    assert rendered("{{ env_var('Y', 'default') }}", {}) == "default"
    for template in ("{{ env_var('Y') }}", "{{ other }}", "{{ env_var() }}", "{{ '' .__class__.__mro__ }}", "{% if %}"):
        with pytest.raises(ValueError):
            rendered(template, {})


def test_a_small_audience_has_no_limit_of_its_own_and_a_given_one_replaces_the_default() -> None:
    assert refusal_of(Sizes(held=100, entering=0, leaving=100, changing=0), None) is None
    assert refusal_of(Sizes(held=101, entering=0, leaving=51, changing=0), None) is not None
    assert refusal_of(Sizes(held=101, entering=0, leaving=101, changing=0), RefuseAbove(entering_count=5)) is None
    assert refusal_of(Sizes(held=0, entering=10, leaving=0, changing=0), RefuseAbove(entering_share=Decimal("0.1"))) is None


# --- checks ------------------------------------------------------------------------------------------------------------------


def destination(type_: str, settings: dict[str, object], secrets: dict[str, str] | None = None) -> Destination:
    return Destination(
        key="hook", type=type_, name="Hook", settings=settings, secrets=secrets or {}, rate_limit=None, requires=None,
        targets=None, every=None, priority=(), allow_private_addresses=False, enabled=True, place=HERE,
    )  # fmt: skip


def send_to(**given: Any) -> SendTo:
    whole: dict[str, Any] = {
        "destination": "hook", "as_": None, "identifiers": None, "traits": (),
        "entered_event": "Audience Entered", "exited_event": "Audience Exited",
        "list_name": None, "existing_members": "send", "users": False, "enabled": True, "refuse_above": None, "holdout": None,
        "place": HERE,
    }  # fmt: skip
    return SendTo(**(whole | given))


def audience(*sends: SendTo, identifiers: tuple[str, ...] = ("user_id", "email")) -> Audience:
    return Audience(
        key="vips", name="VIPs", description="", of="users", owner=None, folder=None, enabled=True, identifiers=identifiers,
        include_anonymous=False, history="all", timezone="UTC", compute="auto", every=None,
        account_events="own", static=False, tags=(), meta={}, who=Everyone(HERE), send_to=sends, examples=(), place=HERE,
    )  # fmt: skip


def problems(given: Destination, *sends: SendTo) -> list[str]:
    project = Project("shop", {"vips": audience(*sends)}, {}, {"hook": given}, (), (), {})
    return [f"{problem.message} / {problem.hint}" for problem in check_destinations(project)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (destination("webhok", {}), "unknown type `webhok` / did you mean `webhook`?"),
        (destination("webhook", {}), "needs `settings: {url: ...}`"),
        (destination("webhook", {"url": "ftp://x"}), "begins with https://"),
        (destination("webhook", {"url": "https://user:pw@x.y/"}), "must not hold a user or a password"),
        (destination("webhook", {"url": "http://[x"}), "is not a URL"),
        (destination("webhook", {"url": "https://x.y", "batchsize": 5}), "did you mean `batch_size`?"),
        (destination("webhook", {"url": "https://x.y", "batch_size": 0}), "a whole number from 1 to 10,000"),
        (destination("webhook", {"url": "https://x.y", "batch_size": True}), "a whole number from 1 to 10,000"),
        (destination("webhook", {"url": "https://x.y"}, {"signing": "x"}), "did you mean `signing_secret`?"),
        (destination("webhook", {"url": "https://x.y"}, {"signing_secret": "x!"}), "the secret `signing_secret`"),
        (destination("folder", {"path": "out", "format": "xml"}), "`csv`, `jsonl` and `parquet`, not `xml`"),
        (
            replace(destination("folder", {"path": "out"}), rate_limit=(1, "second")),
            "no requests that `rate_limit` could count",
        ),
        (destination("folder", {"path": "out"}, {"token": "x"}), "has no secret `token` / it has no secrets"),
    ],
)
def test_a_wrong_destination_is_named_with_what_to_do(given: Destination, said: str) -> None:
    found = problems(given)
    assert len(found) == 1 and said in found[0]


def test_a_right_destination_has_no_problem() -> None:
    templated = {"signing_secret": "{{ env_var('NOT_SET_HERE') }}"}
    assert problems(destination("webhook", {"url": "{{ env_var('HOOK_URL') }}", "batch_size": 5}, templated), send_to()) == []
    assert problems(destination("folder", {"path": "out", "format": "parquet"}), send_to(as_="list")) == []


def test_a_send_that_its_destination_cannot_take_is_refused() -> None:
    folder = destination("folder", {"path": "out"})
    assert "cannot be sent `as: boolean`" in problems(folder, send_to(as_="boolean"))[0]
    assert "did you mean `user_id`?" in problems(folder, send_to(identifiers={"userid": "last"}))[0]
    assert "cannot be sent as `vips`" in problems(folder, send_to(traits=(("plan", "vips"),)))[0]


def test_a_send_without_identifiers_uses_the_eligible_ones_of_its_type() -> None:
    chosen = identifiers_of({"hook": destination("webhook", {"url": "https://x.y"})})
    assert dict(chosen(send_to(), audience())) == {"user_id": "last", "email": "last"}
    assert dict(chosen(send_to(), audience(identifiers=("crm_id",)))) == {"crm_id": "last"}
    assert dict(chosen(send_to(identifiers={"email": "all"}), audience())) == {"email": "all"}


def test_words_for_another_form_are_refused_also_where_the_form_is_the_default() -> None:
    for words, said in (({"list_name": "VIPs"}, "`list` names a list"), ({"entered_event": "In"}, "`events` names events")):
        hook = destination("webhook", {"url": "https://example.com"})
        project = Project("shop", {"vips": audience(send_to(**words))}, {}, {"hook": hook}, (), (), {})
        assert said in check_destinations(project)[0].message


def test_a_destination_that_can_carry_none_of_the_identifiers_is_refused() -> None:
    folder = destination("folder", {"path": "out"})
    project = Project("shop", {"vips": audience(send_to(), identifiers=("crm_id",))}, {}, {"hook": folder}, (), (), {})
    assert "can carry none of the identifiers of this audience (`crm_id`)" in check_destinations(project)[0].message


def test_destination_types_are_found_by_their_files() -> None:
    assert {"folder", "segment", "webhook"} <= set(destination_types())
    assert len(list(destination_types())) == len(destination_types()) == len(set(destination_types()))
    assert "declared" not in destination_types()


def test_a_library_that_is_missing_is_named_with_what_installs_it_and_is_an_extra() -> None:
    with pytest.raises(ValueError, match=r"`no_such_library` is not installed: pip install 'dbt-audiences\[redis\]'"):
        need_library("no_such_library", "redis")
    folder = Path(destinations.__file__).parent
    asked = {pair for path in folder.glob("*.py") for pair in re.findall(r'need_library\("(\w+)", "(\w+)"\)', path.read_text())}
    extras = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert len(asked) == 7
    for module, extra in asked:
        assert extras[extra] and set(extras[extra]) <= set(extras["dev"])
        need_library(module, extra)


def test_what_was_sent_before_is_looked_for_in_folders_and_named_where_it_cannot_be() -> None:
    def to(type_: str, **settings: object) -> Destination:
        whole = Destination(
            key=type_, type=type_, name=type_, settings=settings, secrets={}, rate_limit=None, requires=None, targets=None,
            every=None, priority=(), allow_private_addresses=False, enabled=True, place=HERE,
        )  # fmt: skip
        return whole

    found = [
        to("folder", path="out"),
        to("sftp", path="/", host="h", user="u"),
        to("kafka"),
        to("webhook"),
        to("s3", bucket="b"),
    ]
    known = {one.key: one for one in found}
    assert folders_of(known) == ["out"]
    assert [one.place for one in kept_elsewhere(known, {*known} - {"s3"})] == ["the destination sftp", "the destination kafka"]
    assert kept_elsewhere({"s3": to("s3", bucket="b", content="members")}, {"s3"}) == []
