"""Types of identifiers as Python knows them: the same as the macros', and values as staging writes them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from dbt_audiences.core.identity import FIRST, STANDARD, UNCHANGED, Custom, From, Identity
from dbt_audiences.spec import json_schema

MACRO = Path(__file__).parents[2] / "macros" / "identity" / "identifier_types.sql"
OWN = Identity(
    custom={
        "zip": Custom("trait", 'it\'s "zip"'),
        "card": Custom("property", "card"),
        "crm_id": Custom("external_id", "crm"),
    },
    normalize={"zip": "phone", "card": "lower_trim"},
)


def test_the_macro_lists_the_same_types_in_the_same_order() -> None:
    lists = re.findall(r"set (?:first|others) = \[([^\]]*)\]", MACRO.read_text())
    first, others = (re.findall(r"'([^']+)'", names) for names in lists)
    assert (tuple(first), (*first, *others)) == (FIRST, STANDARD)


def test_types_of_the_projects_own_stand_among_the_last_by_their_names() -> None:
    assert UNCHANGED.types == STANDARD
    android, ios = (tuple(f"{device}.{name}" for name in ("id", "idfa", "push_token")) for device in ("android", "ios"))
    others = (*android, "anonymous_id", "card", "crm_id", "ga_client_id", *ios, "zip")
    assert OWN.types == (*FIRST, *others)
    first = replace(OWN, priority=("card", "email"))
    assert first.types == ("card", "email", "user_id", *(name for name in others if name != "card"))


def test_the_schema_knows_every_standard_type() -> None:
    properties = json_schema("identity")["properties"]
    assert isinstance(properties, dict)
    assert tuple(properties["identifiers"]["properties"]) == STANDARD


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        ("user_id", " A ", " A "),
        ("ios.idfa", " A ", " A "),
        ("email", "\tAnn@X.com ", "ann@x.com"),
        ("ios.id", " A\n", "A"),
        ("crm_id", " A ", "A"),
        ("card", " A ", "a"),
        ("zip", "+49 (170) 123-45.67", "+491701234567"),
        ("zip", "0049 1701234567", "+491701234567"),
        ("zip", "0170 1234567", ""),
        ("zip", "+0123456789", ""),
        ("zip", "+1234567", "+1234567"),
        ("zip", "+123456", ""),
        ("zip", "+123456789012345", "+123456789012345"),
        ("zip", "+1234567890123456", ""),
        ("zip", "+1234567x", ""),
    ],
)
def test_a_value_is_written_as_staging_writes_it(kind: str, value: str, written: str) -> None:
    assert OWN.normal(kind, value) == written


@pytest.mark.parametrize("kind", [kind for kind in OWN.types if kind not in ("user_id", "anonymous_id")])
def test_the_place_of_a_type_is_json_around_the_value(kind: str) -> None:
    column, before, after = OWN.place(kind)
    assert column in ("context", "properties")
    assert json.dumps("é'\"") in json.dumps(json.loads(before + json.dumps("é'\"") + after))


@pytest.mark.parametrize(
    ("source", "key", "keys"),
    [
        ("trait", "loyalty_id", ("loyalty_id", "loyaltyId")),
        ("property", "loyaltyId", ("loyaltyId", "loyalty_id")),
        ("trait", "crm2_user_id", ("crm2_user_id", "crm2UserId")),
        ("trait", "userID", ("userID", "user_id")),
        ("trait", "phone", ("phone",)),
        ("trait", "Loyalty_id", ("Loyalty_id",)),
        ("trait", "loyalty id", ("loyalty id",)),
        ("trait", "_id", ("_id",)),
        ("external_id", "crm_id", ("crm_id",)),
    ],
)
def test_traits_and_properties_are_read_in_both_cases(source: From, key: str, keys: tuple[str, ...]) -> None:
    assert Custom(source, key).keys == keys
