"""Phone numbers by libphonenumber's own parser, and drawn ones: right, nearly right, and written in many ways."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from random import Random
from re import _parser  # type: ignore[attr-defined]  # what reads patterns has no public name
from typing import Any

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumberFormat

REGIONS = ("US", "DE", "GB", "IT", "FR", "BR", "MX", "AR", "AU", "IL")
KINDS = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "uan", "general_desc")
DIGITS = "0123456789"


@cache
def e164(text: str, region: str) -> str:
    """What the library makes of a number of the region; one of another country is taken as it is written; empty is none."""
    code = phonenumbers.country_code_for_region(region)
    try:
        number = phonenumbers.parse(text, region)
        if number.country_code == code and phonenumbers.is_valid_number(number):
            return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))
    except NumberParseException:
        pass
    digits = "".join(character for character in text if character in DIGITS + "+")
    abroad = re.match(f"(?:{PhoneMetadata.metadata_for_region(region).international_prefix})(?=[1-9])|00", digits)
    if abroad is not None:
        digits = "+" + digits[abroad.end() :]
    is_written_out = digits.startswith("+") and digits[1:2] not in ("", "0") and 7 <= len(digits) - 1 <= 15
    return digits if is_written_out else ""


def drawn(region: str, count: int, chance: Random) -> Iterator[str]:
    """Numbers of a region and such as look like some."""
    metadata = PhoneMetadata.metadata_for_region(region)
    kinds = [kind for kind in KINDS if getattr(metadata, kind) is not None and getattr(metadata, kind).national_number_pattern]
    for _ in range(count):
        number = _made(getattr(metadata, chance.choice(kinds)).national_number_pattern, chance)
        fault = chance.randrange(8)
        if fault == 0:
            number = number[:-1]
        elif fault == 1:
            number += chance.choice(DIGITS)
        elif fault == 2:
            place = chance.randrange(len(number))
            number = number[:place] + chance.choice(DIGITS) + number[place + 1 :]
        trunk = ""
        if metadata.national_prefix_for_parsing and chance.randrange(2):
            trunk = _made(metadata.national_prefix_for_parsing, chance)
        elif chance.randrange(10) == 0:
            trunk = chance.choice(DIGITS)
        yield _before(metadata, chance, trunk) + _spaced(number, chance)


def _before(metadata: PhoneMetadata, chance: Random, trunk: str) -> str:
    code = str(metadata.country_code)
    way = chance.randrange(8)
    if way == 0:
        return f"+{code} ({trunk})" if trunk and chance.randrange(2) else f"+{code}{trunk}"
    if way == 1:
        return f"{code}{trunk}"
    if way == 2 and metadata.international_prefix:
        return f"{_made(metadata.international_prefix, chance)}{code}-{trunk}"
    if way == 3 and chance.randrange(3) == 0:
        return chance.choice(["+", "00", "011"]) + chance.choice(["7", "358", "1264", "0"])
    return trunk


def _spaced(number: str, chance: Random) -> str:
    between = chance.choice(["", "", " ", "-", ".", "/", " - "])
    place = chance.randrange(1, 4)
    return number[:place] + between + number[place:]


def _made(pattern: str, chance: Random) -> str:
    """A text that the pattern matches."""
    return "".join(_pieces(_parsed(pattern), chance))


@cache
def _parsed(pattern: str) -> Any:
    return _parser.parse(pattern)


def _pieces(parsed: Any, chance: Random) -> Iterator[str]:
    for name, value in parsed:
        kind = str(name)
        if kind == "LITERAL":
            yield chr(value)
        elif kind == "IN":
            yield chance.choice([one for part in value for one in _characters(part)])
        elif kind == "BRANCH":
            yield from _pieces(chance.choice(value[1]), chance)
        elif kind == "SUBPATTERN":
            yield from _pieces(value[-1], chance)
        elif kind == "MAX_REPEAT":
            for _ in range(chance.randint(value[0], min(value[1], 15))):
                yield from _pieces(value[2], chance)
        else:
            assert kind == "AT", kind


def _characters(part: tuple[Any, Any]) -> str:
    kind, value = str(part[0]), part[1]
    if kind == "RANGE":
        return "".join(map(chr, range(value[0], value[1] + 1)))
    return DIGITS if kind == "CATEGORY" else chr(value)
