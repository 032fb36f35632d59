"""Calls of a shop, as an application sends them, drawn from a seed: the Parquet files that every side of the benchmark reads.

A session is one person's, and the most eager have a thousand times the sessions of most. Its events follow one another within
minutes; one in ten sessions is anonymous, on a device that other events tie to the person. Files are in order of arrival: three
events in a hundred arrive up to ten days late.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
NEXT_AS_OF = datetime(2026, 3, 1, 1, tzinfo=UTC)
"""One hour later, in which the new events of the incremental run happened or arrived."""

_CHUNK = 4_000_000

# Name -> how often of 10,000; the first is a page, the rest are tracks.
EVENTS = {
    "Page Viewed": 3000, "Product Viewed": 1500, "Product Searched": 900, "Product Added": 700, "Email Opened": 600,
    "Push Received": 400, "Cart Viewed": 380, "Checkout Started": 350, "Order Completed": 300, "Video Started": 250,
    "Signed In": 240, "Email Clicked": 200, "Wishlist Updated": 160, "Article Read": 150, "Coupon Entered": 120,
    "Product Shared": 100, "Filter Applied": 90, "Video Finished": 80, "Payment Failed": 70, "Product Removed": 60,
    "Profile Updated": 55, "Review Written": 50, "Support Opened": 45, "Order Refunded": 40, "Plan Viewed": 40,
    "Trial Started": 35, "Plan Changed": 30, "Support Closed": 25, "Order Returned": 20, "Account Closed": 10,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is."""

    name: str
    events: int
    profiles: int

    @property
    def accounts(self) -> int:
        """One person in three belongs to one."""
        return max(self.profiles // 30, 1)


SIZES = {
    "tiny": Size("tiny", 40_000, 2_000),
    "S": Size("S", 2_000_000, 100_000),
    "M": Size("M", 20_000_000, 1_000_000),
    "L": Size("L", 100_000_000, 5_000_000),
}

_DRAW = "create or replace macro draw(i, salt) as (hash(i, salt, {seed}) >> 11) / 9007199254740992.0"

# Of 40 events in a row: where each session begins, and how many of them come before.
_SESSIONS = (0, 1, 3, 6, 10, 16, 24)
_COUNT = len(_SESSIONS)

_EVENT_ROWS = """
with rows as (
    select
        i, i // 40 * {count} + len(list_filter({starts}, lambda s: s <= i % 40)) as session,
        i % 40 - list_max(list_filter({starts}, lambda s: s <= i % 40)) as place
    from range({first}, {last}) as t (i)
),
drawn as (
    select
        *, 1 + cast(floor({profiles} * power(draw(session, 'person'), 2.5)) as bigint) as person,
        draw(session, 'anonymous') < 0.1 as is_anonymous, cast(draw(session, 'device') < 0.3 as integer) as device,
        cast(draw(i, 'event') * 10000 as integer) as share, draw(i, 'late') < 0.03 as is_late,
        {opened} + to_seconds(cast(floor({span} * session / {sessions}) as bigint)
            + place * 60 + cast(floor(draw(i, 'second') * 50) as bigint)) as arrived_at
    from rows
),
named as (
    select
        *, {names}[1 + len(list_filter({shares}, lambda s: s <= share))] as event,
        arrived_at
            - to_seconds(case when is_late then cast(floor(draw(i, 'delay') * 864000) as bigint) else 0 end) as occurred_at
    from drawn
)
select
    md5({salt} || i) as "messageId",
    case event when 'Page Viewed' then 'page' else 'track' end as "type",
    strftime(occurred_at, '%Y-%m-%dT%H:%M:%SZ') as "timestamp",
    strftime(arrived_at, '%Y-%m-%dT%H:%M:%SZ') as "receivedAt",
    case when not is_anonymous then cast(person as varchar) end as "userId",
    'd' || person || '-' || device as "anonymousId",
    case event when 'Page Viewed' then null else event end as "event",
    case event when 'Page Viewed' then ['Home', 'Sale', 'Product', 'Category', 'Help'][1 + i % 5] end as "name",
    null::varchar as "groupId",
    '{{"value":' || cast(floor(power(draw(i, 'value'), 3) * 50000) / 100 as decimal(10, 2)) || ',"category":"c'
        || cast(floor(draw(i, 'category') * draw(i, 'again') * 40) as integer) || '","cart_id":"k' || session % {carts}
        || '","quantity":' || 1 + i % 4 || '}}' as "properties",
    null::varchar as "traits",
    '{{"source":"' || ['web', 'ios', 'android'][1 + session % 3] || '","locale":"de-DE","page":{{"url":"https://shop.example/p/'
        || i % 5000 || '"}}}}' as "context"
from named
order by i
"""

_PEOPLE_ROWS = """
select
    md5('identify' || i) as "messageId", 'identify' as "type",
    strftime({opened} - to_seconds(cast(1 + floor(draw(i, 'since') * 31536000) as bigint)), '%Y-%m-%dT%H:%M:%SZ')
        as "timestamp",
    "timestamp" as "receivedAt", cast(i as varchar) as "userId", 'd' || i || '-0' as "anonymousId",
    null::varchar as "event", null::varchar as "name", null::varchar as "groupId", null::varchar as "properties",
    '{{"email":"person' || i || '@shop.example","plan":"' || {plans}[1 + cast(floor(draw(i, 'plan') * 10) as integer)]
        || '","country":"' || {countries}[1 + cast(floor(draw(i, 'country') * 8) as integer)] || '","age":'
        || 18 + cast(floor(draw(i, 'age') * 60) as integer) || ',"consent":' || (draw(i, 'consent') < 0.7) || '}}' as "traits",
    '{{"source":"crm"}}' as "context"
from range(1, {profiles} + 1) as t (i)
union all
select
    md5('group' || i), 'group', strftime({opened} - to_seconds(i % 1000), '%Y-%m-%dT%H:%M:%SZ'), null, cast(i as varchar), null,
    null, null, 'g' || i // 3 % {accounts}, null,
    '{{"tier":"' || ['small', 'middle', 'large'][1 + i // 3 % {accounts} % 3] || '","seats":' || 1 + i // 3 % {accounts} % 500
        || '}}', null
from range(1, {profiles} + 1) as t (i)
where i % 3 = 0
"""

_PLANS = ["free"] * 6 + ["pro"] * 3 + ["business"]
_COUNTRIES = ["DE", "DE", "FR", "UK", "US", "US", "ES", "IT"]


def generate(folder: Path, size: Size, *, seed: int = 1) -> list[Path]:
    """The files of a size, made unless they are there: people and accounts first, then events, four million in each file.

    The days before AS_OF are covered evenly, a year of them.
    """
    return list(_files(folder, size, seed))


def new_events(folder: Path, size: Size, count: int, *, seed: int = 1) -> Path:
    """One more file: so many events that arrive between AS_OF and NEXT_AS_OF."""
    path = folder / f"new_{count}.parquet"
    if not path.exists():
        opened = "timestamp '2026-03-01'"
        _write(path, _events(size, 0, count, seed=seed, opened=opened, span=2400, total=count, salt="'new'"), seed + 1)
    return path


def _files(folder: Path, size: Size, seed: int) -> Iterator[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    people = folder / "people.parquet"
    if not people.exists():
        _write(people, _people(size), seed)
    yield people
    for first in range(0, size.events, _CHUNK):
        path = folder / f"events_{first // _CHUNK:03}.parquet"
        if not path.exists():
            last = min(first + _CHUNK, size.events)
            # The last session takes a quarter of an hour, and must end before AS_OF.
            span = 365 * 86400 - 1200
            opened = "timestamp '2025-03-01'"
            _write(
                path, _events(size, first, last, seed=seed, opened=opened, span=span, total=size.events, salt="'event'"), seed
            )
        yield path


def _people(size: Size) -> str:
    return _PEOPLE_ROWS.format(
        profiles=size.profiles, accounts=size.accounts, plans=_PLANS, countries=_COUNTRIES, opened="timestamp '2025-03-01'"
    )


def _events(size: Size, first: int, last: int, **given: Any) -> str:
    shares, so_far = [], 0
    for share in list(EVENTS.values())[:-1]:
        so_far += share
        shares.append(so_far)
    return _EVENT_ROWS.format(
        first=first, last=last, starts=list(_SESSIONS), count=_COUNT, sessions=max(given["total"] // 40, 1) * _COUNT,
        profiles=size.profiles, carts=max(size.events // 6, 100), names=list(EVENTS), shares=shares,
        **{name: given[name] for name in ("opened", "span", "salt")},
    )  # fmt: skip


def _write(path: Path, rows: str, seed: int) -> None:
    import duckdb

    half = path.with_suffix(".half")
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(_DRAW.format(seed=seed))
        connection.execute(f"copy ({rows}) to '{half}' (format parquet, compression zstd)")
    half.rename(path)
