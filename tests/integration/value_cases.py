"""Values of JSON with the number, truth, instant and text that each is, and audiences that ask for them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tests.integration.sides import naive

LONG = "x" * 9_999 + "é"
ODD_KEY = 'it\'s "q" \\ é.$ [0]'
NESTED = '{"a":[1,{"b":"c d"}],"z":10.5}'


def d(text: str) -> Decimal:
    return Decimal(text)


# fmt: off
# JSON of the value -> number, boolean, instant, text; None is missing.
VALUES: list[tuple[str, Decimal | None, bool | None, str | None, str | None]] = [
    ('"100"', d("100"), None, None, "100"),
    ('"-.5"', d("-0.5"), None, None, "-.5"),
    ('"1e3"', d("1000"), None, None, "1e3"),
    ('"+7."', d("7"), None, None, "+7."),
    ('" 5 "', d("5"), None, None, " 5 "),
    ('"\\t5\\r\\n"', d("5"), None, None, "\t5\r\n"),
    ('"1e-9"', d("0.000000001"), None, None, "1e-9"),
    ('"0.0000000005"', d("0.000000001"), None, None, "0.0000000005"),
    ('"-0.0000000005"', d("-0.000000001"), None, None, "-0.0000000005"),
    ('"0.00000000049"', d("0"), None, None, "0.00000000049"),
    (f'"{"9" * 29}"', d("9" * 29), None, None, "9" * 29),
    (f'"{"9" * 29}.9999999995"', None, None, None, "9" * 29 + ".9999999995"),
    ('"1e29"', None, None, None, "1e29"),
    ('"1e400"', None, None, None, "1e400"),
    ('"1e-400"', d("0"), None, None, "1e-400"),
    ('"1e9999"', None, None, None, "1e9999"),
    (f'"{"0" * 60}12"', d("12"), None, None, "0" * 60 + "12"),
    (f'"0.{"0" * 60}1"', d("0"), None, None, "0." + "0" * 60 + "1"),
    *((json.dumps(text), None, None, None, text) for text in ("1,000", "$5", "0x10", "NaN", "Infinity", "1_000", "5 5")),
    *((json.dumps(text), None, None, None, text) for text in (".", "-", "e5", "1e", "٣", "\u00a05", "5\n6", "--5")),
    ("10.0", d("10"), None, "1970-01-01T00:00:10Z", "10"),
    ("1e2", d("100"), None, "1970-01-01T00:01:40Z", "100"),
    ("1E-2", d("0.01"), None, "1970-01-01T00:00:00.01Z", "0.01"),
    ("-0.0", d("0"), None, "1970-01-01T00:00:00Z", "0"),
    ("0", d("0"), None, "1970-01-01T00:00:00Z", "0"),
    ("1", d("1"), None, "1970-01-01T00:00:01Z", "1"),
    ("0.1", d("0.1"), None, "1970-01-01T00:00:00.1Z", "0.1"),
    ("12.50", d("12.5"), None, "1970-01-01T00:00:12.5Z", "12.5"),
    ("9007199254740993", d("9007199254740993"), None, None, "9007199254740993"),
    ("12345678901234567890", d("12345678901234567890"), None, None, "12345678901234567890"),
    ("12345678901234567890.123", d("12345678901234567890.123"), None, None, "12345678901234567890.123"),
    ("0.30000000000000000004", d("0.3"), None, "1970-01-01T00:00:00.3Z", "0.3"),
    ("1.0000000005", d("1.000000001"), None, "1970-01-01T00:00:01Z", "1.000000001"),
    ("true", None, True, None, "true"),
    ("false", None, False, None, "false"),
    ('"TRUE"', None, True, None, "TRUE"),
    ('"False"', None, False, None, "False"),
    *((json.dumps(text), None, None, None, text) for text in ("yes", "no", "t", " true", "true\n", "on")),
    ('"1"', d("1"), None, None, "1"),
    ('"2026-03-10"', None, None, "2026-03-10T00:00:00Z", "2026-03-10"),
    ('"2026-03-10T12:00"', None, None, "2026-03-10T12:00:00Z", "2026-03-10T12:00"),
    ('"2026-03-10 12:00:30"', None, None, "2026-03-10T12:00:30Z", "2026-03-10 12:00:30"),
    ('"2026-03-10T12:00:30Z"', None, None, "2026-03-10T12:00:30Z", "2026-03-10T12:00:30Z"),
    ('"2026-03-10T12:00:30+05:30"', None, None, "2026-03-10T06:30:30Z", "2026-03-10T12:00:30+05:30"),
    ('"2026-03-10 23:00-0200"', None, None, "2026-03-11T01:00:00Z", "2026-03-10 23:00-0200"),
    ('"2026-03-10T12:00+14"', None, None, "2026-03-09T22:00:00Z", "2026-03-10T12:00+14"),
    ('"2026-03-10T12:00:00.1234569Z"', None, None, "2026-03-10T12:00:00.123456Z", "2026-03-10T12:00:00.1234569Z"),
    ('"2026-12-31T23:59:59.9999999Z"', None, None, "2026-12-31T23:59:59.999999Z", "2026-12-31T23:59:59.9999999Z"),
    ('"2026-03-10T12:00:00.5"', None, None, "2026-03-10T12:00:00.5Z", "2026-03-10T12:00:00.5"),
    ('"2026-03-29T02:30:00"', None, None, "2026-03-29T02:30:00Z", "2026-03-29T02:30:00"),
    ('"2024-02-29"', None, None, "2024-02-29T00:00:00Z", "2024-02-29"),
    ('"0001-01-01"', None, None, "0001-01-01T00:00:00Z", "0001-01-01"),
    ('"9999-12-31T23:59:59.999999Z"', None, None, "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
    *(
        (json.dumps(text), None, None, None, text)
        for text in (
            "2024-02-30", "2026-02-29", "2026-13-01", "2026-00-10", "0000-01-01", "10000-01-01", "2026-03-10T24:00:00Z",
            "2026-06-30T23:59:60Z", "2026-03-10T12:00:00+15:00", "2026-03-10T12:00:00+05:60", "2026-03-10Z", "2026-03-10T12Z",
            "2026-03-10T12:00:00.Z", "2026-03-10T12:00:00 Z", " 2026-03-10", "2026-03-10\n", "10/03/2026", "2026-3-1", "today",
            "2026-03-10T12:00:00z", "2026-03-10t12:00:00Z", "2026-03-10T12:00:00,5", "2026-03-10 BC", "now", "infinity",
            "0001-01-01T00:00+01:00", "9999-12-31T23:59-01:00",
        )
    ),
    ("1773144000", d("1773144000"), None, "2026-03-10T12:00:00Z", "1773144000"),
    ("1773144000.5", d("1773144000.5"), None, "2026-03-10T12:00:00.5Z", "1773144000.5"),
    ("1773144000123", d("1773144000123"), None, "2026-03-10T12:00:00.123Z", "1773144000123"),
    ("1.0000019", d("1.0000019"), None, "1970-01-01T00:00:01.000001Z", "1.0000019"),
    ("-1.0000019", d("-1.0000019"), None, "1969-12-31T23:59:58.999998Z", "-1.0000019"),
    ("-86400", d("-86400"), None, "1969-12-31T00:00:00Z", "-86400"),
    ("99999999999", d("99999999999"), None, "5138-11-16T09:46:39Z", "99999999999"),
    ("100000000000", d("100000000000"), None, "1973-03-03T09:46:40Z", "100000000000"),
    ("99999999999999", d("99999999999999"), None, "5138-11-16T09:46:39.999Z", "99999999999999"),
    ("-62135596800", d("-62135596800"), None, "0001-01-01T00:00:00Z", "-62135596800"),
    ("-62135596801", d("-62135596801"), None, None, "-62135596801"),
    ("-100000000000", d("-100000000000"), None, "1966-10-31T14:13:20Z", "-100000000000"),
    ("-62135596800000", d("-62135596800000"), None, "0001-01-01T00:00:00Z", "-62135596800000"),
    ("-62135596800001", d("-62135596800001"), None, None, "-62135596800001"),
    ("12345678.123456789", d("12345678.123456789"), None, "1970-05-23T21:21:18.123456Z", "12345678.123456789"),
    ("1e28", d("1e28"), None, None, "1" + "0" * 28),
    ("100000000000000", d("100000000000000"), None, None, "100000000000000"),
    ('"1773144000"', d("1773144000"), None, None, "1773144000"),
    *(
        (json.dumps(text), None, None, None, text)
        for text in (
            "", " ", "🎉 ünï", "It's", 'say "hi"', "a\\b", "a\\nb", "{{ x }}", "{% raw %}", "two\nlines", "tab\there", LONG,
            '"; drop table raw.calls; --', "'; drop table raw.calls; --", "%s %(x)s", "$1 :x ?", "null", "e\u0301", "\u2028",
            "\x7f",
        )
    ),
    ('"\\u00e9\\ud83c\\udf89\\/"', None, None, None, "é🎉/"),
    ("null", None, None, None, None),
    ("[]", None, None, None, "[]"),
    ("{}", None, None, None, "{}"),
    ('[1,"é",null,{"b":true,"a":"x y"}]', None, None, None, '[1,"é",null,{"b":true,"a":"x y"}]'),
    ('["2026-03-10"]', None, None, None, '["2026-03-10"]'),
    ("[5]", None, None, None, "[5]"),
    (NESTED, None, None, None, NESTED),
    ("", None, None, None, None),  # the key is absent
]
# fmt: on

VALUES_AUDIENCE = """
audience: {key}
who:
  any:
    - performed: Valued
      where:
        any:
          - {{{property}: {path}, gt: 0}}
          - {{{property}: {path}, equals: x}}
          - {{{property}: {path}, equals: true}}
          - {{{property}: {path}, before: 2020-01-01}}
          - {{{property}: {path}, exists: true}}
    - any:
        - {{trait: {path}, gt: 0}}
        - {{trait: {path}, equals: x}}
        - {{trait: {path}, equals: true}}
        - {{trait: {path}, before: 2020-01-01}}
        - {{trait: {path}, exists: true}}
"""


def value_calls() -> Iterator[dict[str, Any]]:
    """Each value as a property, a property of the context, and a trait; plain, nested, and below a key that needs quoting."""
    for index, (written, *_) in enumerate(VALUES):
        inner = f'"v": {written}' if written else ""
        parts = [f'"{name}": {{{inner}}}' for name in ("deep", "inside", ODD_KEY.replace("\\", "\\\\").replace('"', '\\"'))]
        whole = "{" + ", ".join(part for part in (inner, *parts) if part) + "}"
        for type in ("track", "identify"):
            yield {
                "message_id": f"{type}-{index:03}", "type": type, "occurred_at": naive("2015-01-01T00:00:00Z"),
                "user_id": f"u{index:03}", "event": "Valued" if type == "track" else None,
                "properties": whole if type == "track" else None, "traits": whole if type == "identify" else None,
                "context": whole,
            }  # fmt: skip


def value_audiences() -> dict[str, str]:
    odd = json.dumps(ODD_KEY.replace(".", "\\.") + ".v")
    return {
        "plain_values": VALUES_AUDIENCE.format(key="plain_values", property="property", path="v"),
        "deep_values": VALUES_AUDIENCE.format(key="deep_values", property="property", path="deep.v"),
        "odd_values": VALUES_AUDIENCE.format(key="odd_values", property="property", path=odd),
        "contexts_values": VALUES_AUDIENCE.format(key="contexts_values", property="context", path="inside.v"),
    }


def expected_values() -> dict[str, tuple[Any, ...]]:
    return {
        f"u{index:03}": (number, boolean, None if instant is None else naive(instant), text, text is not None)
        for index, (_, number, boolean, instant, text) in enumerate(VALUES)
    }
