"""The small pools that strategies draw from, so that literals, values and boundaries meet often."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.reference.windows import Clock, day_start, duration, first_instant, plus_months, plus_seconds

MICROSECOND = timedelta(microseconds=1)
ZONES = ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kolkata", "America/New_York"]
EVENT_NAMES = ["A", "B", "It's", "a"]
PROPERTY_PATHS = ["price", "kind", "at", "deep.x", "deep", r"deep\.x", "odd key"]
CONTEXT_PATHS = ["page.url", "kind"]
TRAIT_PATHS = ["plan", "score", "born", "address.city", "address"]
LISTS = ["vips", "staff"]
SOURCES = ["ios", "web"]
IDENTIFIERS = ["user_id", "email", "anonymous_id", "android.idfa", "ios.idfa"]
KEYS = ["first_audience", "second_audience", "third_audience"]
COMPUTED_KEYS = ["first_computed", "second_computed"]
ACCOUNTS = ["acme", "beta", "It's"]

SECOND_LENGTHS = ["7 days", "1 day", "24 hours", "1 hour", "90 minutes", "30 seconds", "2 weeks", "30 days"]
MONTH_LENGTHS = ["1 month", "2 months", "12 months", "1 year", "13 months"]
DAY_LENGTHS = ["1 calendar_days", "2 calendar_days", "7 calendar_days", "30 calendar_days"]
LENGTHS = [*SECOND_LENGTHS, *MONTH_LENGTHS, *DAY_LENGTHS]

# Month ends, leap days, and days with a change of clocks: Berlin, New York, Sao Paulo (whose midnight is skipped).
AS_OFS = [
    datetime(2026, 3, 10, 12, tzinfo=UTC),
    datetime(2026, 3, 31, 12, tzinfo=UTC),
    datetime(2026, 3, 28, 0, tzinfo=UTC),
    datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2025, 2, 28, 0, tzinfo=UTC),
    datetime(2026, 1, 1, tzinfo=UTC),
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 3, 29, 22, tzinfo=UTC),
    datetime(2025, 10, 26, 0, 30, tzinfo=UTC),
    datetime(2026, 3, 8, 7, tzinfo=UTC),
    datetime(2025, 11, 2, 5, 30, tzinfo=UTC),
    datetime(2018, 11, 4, 3, tzinfo=UTC),
    datetime(2018, 11, 5, 2, tzinfo=UTC),
    datetime(2018, 2, 18, 2, tzinfo=UTC),
    datetime(2018, 2, 18, 3, 0, 0, 1, tzinfo=UTC),
    datetime(2026, 3, 10, 18, 30, tzinfo=UTC),
]
BARE_DATES = [date(2026, 3, 10), date(2026, 3, 29), date(2018, 11, 4), date(2018, 2, 18), date(2024, 2, 29), date(2026, 1, 1)]
INSTANT_LITERALS: list[Any] = [*AS_OFS, *(at - MICROSECOND for at in AS_OFS[:4]), *BARE_DATES]

NUMBER_LITERALS: list[Any] = [
    10,
    5,
    0,
    -5,
    1000,
    Decimal("10.5"),
    Decimal("0.1"),
    Decimal("-0.5"),
    Decimal("0.000000001"),
    100_000_000_000,
    10**29 - 1,
]
TEXT_LITERALS = [
    "a",
    "A",
    "",
    "10",
    "10.0",
    "1e3",
    "true",
    "It's",
    "a\\b",
    "{{ x }}",
    "line\nbreak",
    "100%_",
    "é",
    "\U0001f600",
    "[1,2]",
    '{"x":1}',
    "2026-03-10",
    "NO",
    'say "a"',
    "-- a",
]
PATTERNS = [
    "a",
    "^a$",
    "^[0-9]+$",
    r"\d{1,3}",
    "^(A|a|It's)$",
    r"\.",
    "a.b",
    "e.b",
    r"^\w+\s?\w*$",
    "[^a-z]",
    "x?y*$",
    r"\\",
    "^$",
]
OTHER_VALUES: list[Any] = [
    None,
    "",
    *TEXT_LITERALS,
    *(10, 5, 0, -5, 1000, 10.0, 10.5, 0.1, -0.5, 1e21, 1e-7, 10**29 - 1, 10**29),
    *(" 5 ", "\t10\n", "-.5", "+5", "5.", "1e-1", "0x10", "NaN", "1,000", "$5", "1e400", ".", "1_000", "٣"),
    *("0.0000000005", "0.0000000004", "9" * 29, "9" * 30, "9" * 29 + ".9999999996", "1e28", "1e29"),
    *(True, False, "FALSE", "yes", "1"),
    *("aB", "b", "ab", "A\n", "a b", "ΣΑΣ", "İ", "É"),
    *([], {}, [1, 2], ["a"], [None], {"x": 1}, {"x": None}, {"y": {"x": "a"}}, [{"x": 1}]),
    *("n/a", "2026-13-01", "2026-02-29", "2026-03-10T24:00:00Z", "0000-01-01", "0001-01-01", "9999-12-31T23:59:59.999999Z"),
    *(-62_135_596_800, -62_135_596_801, -62_135_596_800_000, -62_135_596_800_001),
    *(-1, -86_400, 99_999_999_999, 100_000_000_000, 99_999_999_999_999, 100_000_000_000_000),
]


@dataclass(frozen=True, slots=True)
class Mentioned:
    """What definitions speak of, in the order in which they do."""

    lengths: tuple[str, ...]
    instants: tuple[Any, ...]
    zones: tuple[str, ...]
    literals: tuple[Any, ...]
    names: tuple[str, ...]


EVERYTHING = Mentioned(
    tuple(LENGTHS), tuple(INSTANT_LITERALS), tuple(ZONES), (*NUMBER_LITERALS, *TEXT_LITERALS), tuple(EVENT_NAMES)
)


def mentioned(definitions: Mapping[str, dict[str, Any]]) -> Mentioned:
    """Everything that these definitions mention, wherever it stands."""
    scalars = _scalars([[definition.get("who", definition), definition.get("history")] for definition in definitions.values()])
    literals = list({repr(scalar): scalar for scalar in scalars}.values())  # by repr: True is not 1
    texts = [literal for literal in literals if isinstance(literal, str)]
    return Mentioned(
        lengths=tuple(literal for literal in texts if is_length(literal)),
        instants=tuple(literal for literal in literals if isinstance(literal, date)),
        zones=tuple({definition.get("timezone", "UTC"): None for definition in definitions.values()}),
        literals=tuple(literal for literal in literals if not isinstance(literal, date)),
        names=tuple(name for name in texts if name in EVENT_NAMES) + tuple(EVENT_NAMES),
    )


def _scalars(value: Any) -> list[Any]:
    if isinstance(value, dict | list):
        return [scalar for under in (value.values() if isinstance(value, dict) else value) for scalar in _scalars(under)]
    return [value]


def is_length(text: str) -> bool:
    """Whether a text is a duration of the language."""
    try:
        duration(text)
    except ValueError:
        return False
    return True


def as_json(literal: Any) -> Any:
    """A definition's literal as a value in data."""
    return float(literal) if isinstance(literal, Decimal) else literal


def boundary_instants(as_of: datetime, known: Mentioned = EVERYTHING) -> list[datetime]:
    """The instants at which windows of these lengths open or close, and their neighbours one microsecond away."""
    exact = [as_of]
    for written in known.lengths:
        length = duration(written)
        for sign in (-1, 1):
            if length.kind == "seconds":
                exact.append(plus_seconds(as_of, sign * length.count))
            elif length.kind == "months":
                near = plus_months(as_of, sign * length.count)
                exact += [near + timedelta(days=days) for days in (0, -1, 1, -2, 2, -3, 3)]
            else:
                clocks = [Clock(as_of, ZoneInfo(zone)) for zone in known.zones]
                exact += [day_start(clock, sign * length.count + step) for clock in clocks for step in (0, 1)]
    for literal in known.instants:
        if isinstance(literal, datetime):
            exact.append(literal if literal.tzinfo is not None else literal.replace(tzinfo=ZoneInfo(known.zones[0])))
        else:
            exact += [first_instant(literal, ZoneInfo(zone)) for zone in ("UTC", *known.zones)]
    around = [instant for at in exact for instant in beside(at)]
    return list(dict.fromkeys([*around, as_of - timedelta(hours=1), as_of - timedelta(days=40)]))


def beside(instant: datetime) -> list[datetime]:
    """The instant and its neighbours; of the first and the last year, whose neighbours nobody can write, nothing."""
    return [instant, instant - MICROSECOND, instant + MICROSECOND] if 1 < instant.year < 9999 else []


def written_forms(at: datetime) -> list[Any]:
    """The same instant, or one nearby, as data of the wild write it: texts with and without offset, epochs."""
    local = at.astimezone(ZoneInfo("Asia/Kolkata"))
    whole = at.replace(microsecond=0)
    seconds = int(whole.timestamp())
    return [
        at.isoformat().replace("+00:00", "Z"),
        at.isoformat(),
        at.replace(tzinfo=None).isoformat(sep=" "),
        local.isoformat(),
        at.replace(tzinfo=None).isoformat(timespec="microseconds") + "9Z",
        at.isoformat(timespec="minutes").replace("+00:00", "Z"),
        at.date().isoformat(),
        seconds,
        seconds * 1000 + at.microsecond // 1000,
        seconds + 0.5,
        str(seconds),
    ]
