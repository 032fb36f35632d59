"""What libphonenumber knows of the numbers of a region -> a `PhoneRule` of patterns that Python and SQL read alike."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from dbt_audiences.core.definitions import Place
from dbt_audiences.core.phones import PhoneRule, Step
from dbt_audiences.spec.fields import nearest
from dbt_audiences.spec.nodes import Wrong

if TYPE_CHECKING:
    from phonenumbers import PhoneMetadata

KINDS = (
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan", "voicemail",
)  # fmt: skip
"""What the library counts as a valid number."""


def read_region(region: str, place: Place) -> PhoneRule:
    """The rule of a region such as DE; raises where there is none, or no library that knows."""
    try:
        from phonenumbers import SUPPORTED_REGIONS
    except ImportError:
        hint = "pip install 'dbt-audiences[phone]'"
        raise Wrong(place, "`default_region` needs the library phonenumbers, which is not installed", hint) from None
    if region not in SUPPORTED_REGIONS:
        hint = nearest(region.upper(), sorted(SUPPORTED_REGIONS)) or "two letters of ISO 3166, such as DE"
        raise Wrong(place, f"`{region}` is no region that has phone numbers", hint)
    return phone_rule(region)


@cache
def phone_rule(region: str) -> PhoneRule:
    """The rule of a region that the library knows.

    Several regions may share a country code; the first of them stands for all where a number has its country code.
    """
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    own = _metadata(region)
    code = str(own.country_code)
    sharing = [_metadata(name) for name in COUNTRY_CODE_TO_REGION_CODE[int(code)]]
    viable = _any_of(dict.fromkeys(_pattern(one.general_desc) for one in (own, sharing[0])))
    valid = dict.fromkeys(pattern for one in sharing for pattern in _patterns(one))
    domestic, with_code = _trunks(own), _trunks(sharing[0])
    plus = rf"\+{code}"
    if domestic == with_code:
        steps = [*_steps(f"(?:{plus})?", domestic, viable)]
    else:
        steps = [*_steps(plus, with_code, viable), *_steps("", domestic, viable)]
    steps += _steps(code, with_code, viable)
    abroad = own.international_prefix
    return PhoneRule(
        region, code, None if not abroad else rf"^(?:{abroad})([1-9])", tuple(steps), f"^{_any_of(valid)}$"
    )  # fmt: skip


def _metadata(region: str) -> PhoneMetadata:
    from phonenumbers import PhoneMetadata

    found = PhoneMetadata.metadata_for_region(region)
    assert found is not None
    return found


def _pattern(description: object) -> str:
    return str(getattr(description, "national_number_pattern", None) or "")


def _patterns(metadata: PhoneMetadata) -> Iterator[str]:
    """Patterns of numbers that are in use."""
    for kind in KINDS:
        if pattern := _pattern(getattr(metadata, kind)):
            yield pattern


def _any_of(patterns: dict[str, None]) -> str:
    return f"(?:{'|'.join(patterns)})"


def _steps(before: str, trunks: tuple[tuple[str, str], ...], viable: str) -> Iterator[Step]:
    """Each trunk prefix where a possible number is behind it, then none, after `before`."""
    for prefix, by in (*trunks, ("", "")):
        strip = f"^{before}(?:{prefix})" if prefix else f"^{before}"
        if by or "?" in prefix.replace("(?:", "("):
            yield Step(strip, strip, by, f"^{viable}$")
        else:
            yield Step(f"{strip}{viable}$", strip)


def _trunks(metadata: PhoneMetadata) -> tuple[tuple[str, str], ...]:
    """What may stand before a number within the country, and what to write for it."""
    prefix, rule = metadata.national_prefix_for_parsing, metadata.national_prefix_transform_rule
    if not prefix:
        return ()
    if not rule:
        return ((prefix, ""),)
    found = []
    for choice in _choices(prefix):
        if choice.endswith(")?"):
            found += [(choice[:-1], rule), (choice[: _opening(choice)], "")]
        else:
            found.append((choice, rule if "(" in choice.replace("(?:", "") else ""))
    return tuple((choice, by) for choice, by in found if choice)


def _choices(pattern: str) -> list[str]:
    """The alternatives of a pattern that stand in no group."""
    ends = [place for place, character, depth in _characters(pattern) if character == "|" and not depth]
    starts = [0, *(end + 1 for end in ends)]
    return [pattern[start:end] for start, end in zip(starts, [*ends, len(pattern)], strict=True)]


def _opening(pattern: str) -> int:
    """Where the group opens that ends with the pattern."""
    return max(place for place, character, depth in _characters(pattern) if character == "(" and not depth)


def _characters(pattern: str) -> Iterator[tuple[int, str, int]]:
    """Place, character, and in how many groups it stands, of all that is neither escaped nor of a class."""
    depth, is_class, is_escaped = 0, False, False
    for place, character in enumerate(pattern):
        if is_escaped or character == "\\":
            is_escaped = not is_escaped
        elif is_class:
            is_class = character != "]"
        elif character == "[":
            is_class = True
        else:
            depth -= character == ")"
            yield place, character, depth
            depth += character == "("
