"""The same questions as SQL by hand: for narrow tables and one wide table in DuckDB, and for ClickHouse.

All read `people` (user_id, plan, country, age, consent), `accounts` (account_id, tier), `account_members` (account_id, user_id)
and `members` (audience, id). Events have user_id, occurred_at, value, category, cart_id: in one table for each event, or in
`events` with their name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from benchmarks.speed.events import AS_OF

Chain = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Dialect:
    """What the forms share; its sequences are those of the wide table, as one writes them without giving it thought."""

    as_of: datetime = AS_OF

    def instant(self, at: datetime) -> str:
        """A literal."""
        return f"timestamp '{at:%Y-%m-%d %H:%M:%S}'"

    def ago(self, days: int) -> str:
        """The instant so many days before."""
        return self.instant(self.as_of - timedelta(days=days))

    def aged(self, days: int | None, until_days: int = 0) -> str:
        """A window, closed at both ends."""
        least = "" if days is None else f"occurred_at >= {self.ago(days)} and "
        return f"{least}occurred_at <= {self.ago(until_days)}"

    def rows(self, event: str, *where: str) -> str:
        """`from ... where ...` of the events of a name."""
        return "from events where " + " and ".join([f"event = '{event}'", *(one for one in where if one)])

    def later(self, column: str, hours: int) -> str:
        """An instant so many hours after another."""
        return f"{column} + interval {hours} hour"

    def settled(self, column: str, hours: int) -> str:
        """Nothing can happen any more within so many hours."""
        return f"{column} < {self.instant(self.as_of - timedelta(hours=hours))}"

    def followed(self, first: str, second: str, *, days: int, hours: int) -> str:
        """Who did the first, and the second within so many hours."""
        return (
            f"select distinct user_id from (select * {self.rows(first, self.aged(days))}) as a where exists ("
            f"select 1 {self.rows(second, self.aged(days))} and user_id = a.user_id "
            f"and occurred_at between a.occurred_at and {self.later('a.occurred_at', hours)})"
        )

    def not_followed(self, first: str, second: str, *, days: int, hours: int, key: str | None) -> str:
        """Who did the first, and did not do the second within so many hours, which are over."""
        same = f" and {key} = a.{key}" if key else ""
        return (
            f"select distinct user_id from (select * {self.rows(first, self.aged(days))}) as a "
            f"where {self.settled('a.occurred_at', hours)} and not exists ("
            f"select 1 {self.rows(second, self.aged(days))} and user_id = a.user_id{same} "
            f"and occurred_at between a.occurred_at and {self.later('a.occurred_at', hours)})"
        )

    def chain(self, chain: Chain, *, days: int, whole: int) -> str:
        """Who did three things in order within so many days."""
        first, second, third = chain
        # Of equal instants the later step stands below, so that it is seen from the earlier one.
        order = f"case event when '{first}' then 1 when '{second}' then 2 else 3 end"
        after = f"over (partition by user_id order by occurred_at, {order} rows between current row and unbounded following)"
        return f"""select distinct user_id from (
            select *, min(case when event = '{second}' then third end) {after} as ended from (
                select user_id, event, occurred_at, min(case when event = '{third}' then occurred_at end) {after} as third
                from events where event in ('{first}', '{second}', '{third}') and {self.aged(days)}
            ) as seen
        ) as chained where event = '{first}' and ended <= {self.later("occurred_at", 24 * whole)}"""

    def chain_not(self, chain: Chain, *, days: int, hours: int) -> str:
        """Who did the first, then within so many hours the second, and not the third within so many hours of that."""
        first, second, third = chain
        return f"""with b as (
            select user_id, occurred_at from (select * {self.rows(second, self.aged(days))}) as b
            where {self.settled("occurred_at", hours)} and not exists (select 1 {self.rows(third, self.aged(days))}
                and user_id = b.user_id and occurred_at between b.occurred_at and {self.later("b.occurred_at", hours)})
        )
        select distinct user_id from (select * {self.rows(first, self.aged(days))}) as a where exists (select 1 from b
            where user_id = a.user_id and occurred_at between a.occurred_at and {self.later("a.occurred_at", hours)})"""


@dataclass(frozen=True, slots=True)
class Narrow(Dialect):
    """One table for each event, and sequences by ASOF joins: the least that the engine can do."""

    def rows(self, event: str, *where: str) -> str:
        """The table of the event."""
        conditions = [one for one in where if one]
        return f"from {table(event)}{' where ' if conditions else ''}{' and '.join(conditions)}"

    def followed(self, first: str, second: str, *, days: int, hours: int) -> str:
        """The next second, if it is near."""
        return (
            f"select distinct a.user_id from (select * {self.rows(first, self.aged(days))}) as a "
            f"asof join (select * {self.rows(second, self.aged(days))}) as b "
            "on a.user_id = b.user_id and a.occurred_at <= b.occurred_at "
            f"where b.occurred_at <= {self.later('a.occurred_at', hours)}"
        )

    def not_followed(self, first: str, second: str, *, days: int, hours: int, key: str | None) -> str:
        """There is no next second, or it is far."""
        same = f" and a.{key} = b.{key}" if key else ""
        return (
            f"select distinct a.user_id from (select * {self.rows(first, self.aged(days))}"
            f" and {self.settled('occurred_at', hours)}) as a "
            f"asof left join (select * {self.rows(second, self.aged(days))}) as b "
            f"on a.user_id = b.user_id{same} and a.occurred_at <= b.occurred_at "
            f"where b.occurred_at is null or b.occurred_at > {self.later('a.occurred_at', hours)}"
        )

    def chain(self, chain: Chain, *, days: int, whole: int) -> str:
        """The next second, and from there the next third."""
        first, second, third = (f"(select user_id, occurred_at {self.rows(one, self.aged(days))})" for one in chain)
        return f"""select distinct a.user_id from {first} as a
            asof join (select b.user_id, b.occurred_at, c.occurred_at as ended from {second} as b
                asof join {third} as c on b.user_id = c.user_id and b.occurred_at <= c.occurred_at) as b
            on a.user_id = b.user_id and a.occurred_at <= b.occurred_at
            where b.ended <= {self.later("a.occurred_at", 24 * whole)}"""

    def chain_not(self, chain: Chain, *, days: int, hours: int) -> str:
        """The next second that no third follows."""
        first, second, third = (f"(select user_id, occurred_at {self.rows(one, self.aged(days))})" for one in chain)
        return f"""select distinct a.user_id from {first} as a
            asof join (select b.user_id, b.occurred_at from {second} as b
                asof left join {third} as c on b.user_id = c.user_id and b.occurred_at <= c.occurred_at
                where {self.settled("b.occurred_at", hours)}
                    and (c.occurred_at is null or c.occurred_at > {self.later("b.occurred_at", hours)})) as b
            on a.user_id = b.user_id and a.occurred_at <= b.occurred_at
            where b.occurred_at <= {self.later("a.occurred_at", hours)}"""


@dataclass(frozen=True, slots=True)
class ClickHouse(Dialect):
    """One table ordered by event and time; `windowFunnel` where it can say it, ASOF joins where something must not follow."""

    def instant(self, at: datetime) -> str:
        """DateTime has whole seconds, as the events have."""
        return f"toDateTime('{at:%Y-%m-%d %H:%M:%S}', 'UTC')"

    def followed(self, first: str, second: str, *, days: int, hours: int) -> str:
        """A funnel of two."""
        return self._funnel((first, second), days=days, seconds=hours * 3600)

    def not_followed(self, first: str, second: str, *, days: int, hours: int, key: str | None) -> str:
        """A missing instant is 1970 in a left join, before every other."""
        same = f" and a.{key} = b.{key}" if key else ""
        columns = f"user_id, occurred_at{', ' + key if key else ''}"
        return (
            f"select distinct a.user_id from (select {columns} {self.rows(first, self.aged(days))}"
            f" and {self.settled('occurred_at', hours)}) as a "
            f"asof left join (select {columns} {self.rows(second, self.aged(days))}) as b "
            f"on a.user_id = b.user_id{same} and a.occurred_at <= b.occurred_at "
            f"where b.occurred_at < a.occurred_at or b.occurred_at > {self.later('a.occurred_at', hours)}"
        )

    def chain(self, chain: Chain, *, days: int, whole: int) -> str:
        """A funnel of three."""
        return self._funnel(chain, days=days, seconds=whole * 86_400)

    def chain_not(self, chain: Chain, *, days: int, hours: int) -> str:
        """The next second that no third follows."""
        first, second, third = (f"(select user_id, occurred_at {self.rows(one, self.aged(days))})" for one in chain)
        return f"""select distinct a.user_id from {first} as a
            asof join (select b.user_id as user_id, b.occurred_at as occurred_at from {second} as b
                asof left join {third} as c on b.user_id = c.user_id and b.occurred_at <= c.occurred_at
                where {self.settled("b.occurred_at", hours)}
                    and (c.occurred_at < b.occurred_at or c.occurred_at > {self.later("b.occurred_at", hours)})) as b
            on a.user_id = b.user_id and a.occurred_at <= b.occurred_at
            where b.occurred_at <= {self.later("a.occurred_at", hours)}"""

    def _funnel(self, steps: tuple[str, ...], *, days: int, seconds: int) -> str:
        named = ", ".join(f"event = '{step}'" for step in steps)
        listed = ", ".join(f"'{step}'" for step in steps)
        return (
            f"select user_id from events where event in ({listed}) and {self.aged(days)} group by user_id "
            f"having windowFunnel({seconds})(occurred_at, {named}) = {len(steps)}"
        )


Query = Callable[[Dialect], str]


def table(event: str) -> str:
    """The narrow table of an event."""
    return "of_" + event.lower().replace(" ", "_")
