"""Events at the edges of local days and months, and which of them a window holds."""

from __future__ import annotations

EVENTS_AT = {
    # Berlin: clocks go forward on 2026-03-29 and back on 2026-10-25, both at 01:00Z.
    "berlin": [
        "2026-03-27T22:59:59.999999Z", "2026-03-27T23:00:00Z", "2026-03-28T22:59:59.999999Z", "2026-03-28T23:00:00Z",
        "2026-03-29T21:59:59.999999Z", "2026-03-29T22:00:00Z", "2026-10-24T21:59:59.999999Z", "2026-10-24T22:00:00Z",
        "2026-10-25T22:59:59.999999Z", "2026-10-25T23:00:00Z",
    ],
    # Sao Paulo: midnight did not exist on 2018-11-04, and 23:00 came twice on 2018-02-17.
    "sao_paulo": [
        "2018-02-17T01:59:59.999999Z", "2018-02-17T02:00:00Z", "2018-02-18T02:59:59.999999Z", "2018-02-18T03:00:00Z",
        "2018-11-04T02:59:59.999999Z", "2018-11-04T03:00:00Z", "2018-11-05T01:59:59.999999Z", "2018-11-05T02:00:00Z",
    ],
    # Havana: midnight comes twice on 2026-11-01, at 04:00Z and 05:00Z.
    "havana": ["2026-11-01T03:59:59.999999Z", "2026-11-01T04:00:00Z", "2026-11-01T05:00:00Z", "2026-11-02T04:59:59.999999Z"],
    "kolkata": ["2026-03-09T18:29:59.999999Z", "2026-03-09T18:30:00Z", "2026-03-10T18:29:59.999999Z", "2026-03-10T18:30:00Z"],
    "utc": [
        "2026-01-28T12:00:00Z", "2026-01-31T12:00:00Z", "2026-02-01T12:00:00Z", "2024-02-28T12:00:00Z", "2024-02-29T12:00:00Z",
        "2025-12-31T12:00:00Z",
    ],
}  # fmt: skip
ZONES = {
    "berlin": "Europe/Berlin",
    "sao_paulo": "America/Sao_Paulo",
    "havana": "America/Havana",
    "kolkata": "Asia/Kolkata",
    "utc": "UTC",
}
WINDOWS = {
    "today": "within: 1 calendar_days",
    "yesterday": "between: [2 calendar_days, 1 calendar_days]",
    "one_month": "within: 1 month",
    "one_year": "within: 1 year",
    "last_month": "between: [2 months, 1 month]",
}
# as_of, place, window, which of the place's events are in it, by number
IN_WINDOW: list[tuple[str, str, str, set[int]]] = [
    ("2026-03-29T12:00:00Z", "berlin", "today", {3}),
    ("2026-03-29T12:00:00Z", "berlin", "yesterday", {1, 2}),
    ("2026-03-29T21:59:59.999999Z", "berlin", "today", {3, 4}),
    ("2026-03-29T22:00:00Z", "berlin", "today", {5}),
    ("2026-03-29T22:00:00Z", "berlin", "yesterday", {3, 4}),
    ("2026-10-25T23:00:00Z", "berlin", "today", {9}),
    ("2026-10-25T23:00:00Z", "berlin", "yesterday", {7, 8}),
    ("2018-02-18T02:59:59.999999Z", "sao_paulo", "today", {1, 2}),
    ("2018-02-18T03:00:00Z", "sao_paulo", "today", {3}),
    ("2018-02-18T03:00:00Z", "sao_paulo", "yesterday", {1, 2}),
    ("2018-11-04T12:00:00Z", "sao_paulo", "today", {5}),
    ("2018-11-05T02:00:00Z", "sao_paulo", "today", {7}),
    ("2018-11-05T02:00:00Z", "sao_paulo", "yesterday", {5, 6}),
    ("2026-11-01T04:30:00Z", "havana", "today", {1}),
    ("2026-11-01T12:00:00Z", "havana", "today", {1, 2}),
    ("2026-11-02T05:00:00Z", "havana", "yesterday", {1, 2, 3}),
    ("2026-03-10T18:29:59.999999Z", "kolkata", "today", {1, 2}),
    ("2026-03-10T18:30:00Z", "kolkata", "today", {3}),
    ("2026-03-10T18:30:00Z", "kolkata", "yesterday", {1, 2}),
    ("2026-02-28T12:00:00Z", "utc", "one_month", {0, 1, 2}),
    ("2026-02-28T12:00:00.000001Z", "utc", "one_month", {2}),
    ("2026-02-28T12:00:00Z", "utc", "last_month", {0, 1, 5}),
    ("2025-02-28T12:00:00Z", "utc", "one_year", {3, 4}),
    ("2025-02-28T12:00:00.000001Z", "utc", "one_year", set()),
]


def window_audiences() -> dict[str, str]:
    used = sorted({(place, window) for _, place, window, _ in IN_WINDOW})
    text = "audience: {0}_{1}\ntimezone: {2}\nwho: {{performed: Event {0}, {3}}}\n"
    return {f"{place}_{window}": text.format(place, window, ZONES[place], WINDOWS[window]) for place, window in used}
