"""Phone numbers of a region as Python writes them, against libphonenumber's own parser."""

from __future__ import annotations

import sys
from random import Random

import pytest
from phonenumbers import SUPPORTED_REGIONS, PhoneMetadata
from tests.reference import phones

from dbt_audiences.core.definitions import Place
from dbt_audiences.core.phones import e164
from dbt_audiences.spec.nodes import Wrong
from dbt_audiences.spec.phones import phone_rule, read_region

ALONE = [
    region
    for region in sorted(SUPPORTED_REGIONS)
    if sum(
        PhoneMetadata.metadata_for_region(other).country_code == PhoneMetadata.metadata_for_region(region).country_code
        for other in SUPPORTED_REGIONS
    ) == 1
]  # fmt: skip
"""Regions that share their country code with no other."""


@pytest.mark.parametrize(
    ("region", "text", "written"),
    [
        ("DE", "030 123456", "+4930123456"),
        ("DE", "030/123456", "+4930123456"),
        ("DE", "+49 (0)30 123456", "+4930123456"),
        ("DE", "49 30 123456", "+4930123456"),
        ("DE", "0049 30 123456", "+4930123456"),
        ("DE", "0043 1 58858", "+43158858"),
        ("DE", "110", ""),
        ("DE", "030 12 extension 3", ""),
        ("US", "(650) 253-0000", "+16502530000"),
        ("US", "1 650 253 0000", "+16502530000"),
        ("US", "416 555 1234", "+14165551234"),
        ("US", "011 49 30 123456", "+4930123456"),
        ("US", "0049 30 123456", "+4930123456"),
        ("US", "253-0000", ""),
        ("GB", "020 7031 3000", "+442070313000"),
        ("IT", "02 3661 8300", "+390236618300"),
        ("FR", "01 42 68 53 00", "+33142685300"),
        ("BR", "(11) 96123-4567", "+5511961234567"),
        ("BR", "0 15 11 96123-4567", "+5511961234567"),
        ("MX", "55 1234 5678", "+525512345678"),
        ("AR", "011 15-2345-6789", "+5491123456789"),
        ("RU", "8 (912) 345-67-89", "+79123456789"),
    ],
)
def test_a_number_is_written_with_its_country(region: str, text: str, written: str) -> None:
    assert e164(text, phone_rule(region)) == phones.e164(text, region) == written


def test_numbers_of_every_region_are_those_of_the_library() -> None:
    chance = Random(1)
    found = 0
    for region in ALONE:
        for text in phones.drawn(region, 40, chance):
            wanted = phones.e164(text, region)
            assert e164(text, phone_rule(region)) == wanted, (region, text)
            assert not wanted or e164(wanted, phone_rule(region)) == wanted, (region, text)
            found += bool(wanted)
    assert len(ALONE) > 190 and found > 4000


def test_a_region_that_is_not_known_or_no_library_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place("identity.yml", 1, 1)
    with pytest.raises(Wrong, match="`Germany` is no region"):
        read_region("Germany", place)
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    with pytest.raises(Wrong, match="`default_region` needs the library phonenumbers, which is not installed") as refused:
        read_region("DE", place)
    assert refused.value.problem.hint == "pip install 'dbt-audiences[phone]'"
