"""The other sides: SQL by hand in DuckDB over narrow tables or one wide table, and ClickHouse in this process (chdb).

Each loads the same Parquet files as we do, and fills `members` (audience, id) with one statement for each audience. Ids are
integers here, as one would choose them by hand; who a device belongs to is looked up once, while loading. Repeated messages are
not looked for: these files have none.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from benchmarks.speed.definitions import Case
from benchmarks.speed.dialects import ClickHouse, Dialect, Narrow, table
from benchmarks.speed.events import EVENTS


class Side(Protocol):
    """What is measured of each side."""

    def load(self, people: str, events: Sequence[str]) -> None:
        """All tables, from nothing."""

    def add(self, events: str, earlier: Sequence[str]) -> None:
        """One more file of events, and those of earlier files whose device it ties to a person."""

    def evaluate(self, cases: Sequence[Case], as_of: datetime) -> None:
        """Fill `members` anew."""

    def answers(self, file: str) -> None:
        """Write (audience, id) as Parquet, ids as texts."""

    def close(self) -> None:
        """Write everything down."""


class HandDuckDB:
    """Both hand-written sides in DuckDB, in a file of their own."""

    _EVENT_COLUMNS = """
        coalesce(c.event, 'Page Viewed') as event, coalesce(cast(c."userId" as bigint), d.user_id) as user_id,
        cast(c.timestamp as timestamptz) at time zone 'UTC' as occurred_at,
        cast(json_extract_string(c.properties, '$.value') as decimal(10, 2)) as value,
        json_extract_string(c.properties, '$.category') as category, json_extract_string(c.properties, '$.cart_id') as cart_id
    """

    def __init__(self, folder: Path, *, is_narrow: bool) -> None:
        import duckdb

        self._is_narrow = is_narrow
        self._connection = duckdb.connect(str(folder / ("narrow.duckdb" if is_narrow else "wide.duckdb")))
        self._run("set TimeZone = 'UTC'")
        # What a file knows of progress costs nothing to leave out.
        self._run("set enable_progress_bar = false")

    def _run(self, statement: str) -> Any:
        return self._connection.execute(statement)

    def load(self, people: str, events: Sequence[str]) -> None:
        """`people`, accounts, devices, and the events."""
        self._run("create or replace table members (audience varchar, id varchar)")
        self._run(f"""create or replace table people as select
            cast("userId" as bigint) as user_id, json_extract_string(traits, '$.plan') as plan,
            json_extract_string(traits, '$.country') as country, cast(json_extract_string(traits, '$.age') as integer) as age,
            json_extract_string(traits, '$.consent') = 'true' as consent
            from '{people}' where type = 'identify'""")
        self._run(f"""create or replace table account_members as
            select distinct "groupId" as account_id, cast("userId" as bigint) as user_id
            from '{people}' where type = 'group'""")
        self._run(f"""create or replace table accounts as
            select "groupId" as account_id, any_value(json_extract_string(traits, '$.tier')) as tier
            from '{people}' where type = 'group' group by all""")
        files = ", ".join(f"'{one}'" for one in (people, *events))
        self._run(f"""create or replace table devices as
            select "anonymousId" as anonymous_id, min(cast("userId" as bigint)) as user_id
            from read_parquet([{files}]) where "userId" is not null and "anonymousId" is not null group by all""")
        self._run(f"create or replace table events as {self._events(events)}")
        if self._is_narrow:
            for name in EVENTS:
                self._run(f"""create or replace table {table(name)} as
                    select user_id, occurred_at, value, category, cart_id from events where event = '{name}'""")
            self._run("drop table events")

    def _events(self, files: Sequence[str]) -> str:
        listed = ", ".join(f"'{one}'" for one in files)
        return f"""select {self._EVENT_COLUMNS} from read_parquet([{listed}]) as c
            left join devices as d on c."anonymousId" = d.anonymous_id
            where coalesce(cast(c."userId" as bigint), d.user_id) is not null"""

    def add(self, events: str, earlier: Sequence[str]) -> None:
        """To the tables as they are."""
        self._run(f"""create temporary table tied as
            select "anonymousId" as anonymous_id, min(cast("userId" as bigint)) as user_id from '{events}'
            where "userId" is not null and "anonymousId" not in (select anonymous_id from devices) group by all""")
        self._run("insert into devices from tied")
        self._run(f"""create temporary table added as {self._events([events])} union all {self._events(earlier)}
            and c."userId" is null and c."anonymousId" in (select anonymous_id from tied)""")
        if not self._is_narrow:
            self._run("insert into events from added")
            return
        for name in EVENTS:
            self._run(f"""insert into {table(name)} select user_id, occurred_at, value, category, cart_id
                from added where event = '{name}'""")

    def evaluate(self, cases: Sequence[Case], as_of: datetime) -> None:
        """One statement for each audience."""
        dialect = Narrow(as_of) if self._is_narrow else Dialect(as_of)
        self._run("delete from members")
        for case in cases:
            self._run(f"insert into members select '{case.key}', * from ({case.query(dialect)}) as found")

    def answers(self, file: str) -> None:
        """The members as they are."""
        self._run(f"copy (select audience, id from members) to '{file}' (format parquet)")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


class HandClickHouse:
    """ClickHouse: one table of events, MergeTree ordered by event and time, low cardinalities said."""

    _EVENT_COLUMNS = """
        ifNull(c.event, 'Page Viewed') as event, {user} as user_id,
        parseDateTimeBestEffort(assumeNotNull(c.timestamp), 'UTC') as occurred_at,
        toDecimal64(JSONExtractRaw(assumeNotNull(c.properties), 'value'), 2) as value,
        JSONExtractString(assumeNotNull(c.properties), 'category') as category,
        JSONExtractString(assumeNotNull(c.properties), 'cart_id') as cart_id
    """

    def __init__(self, folder: Path) -> None:
        from chdb import session

        self._session = session.Session(str(folder / "clickhouse"))
        self._run("create database if not exists shop")
        self._run("use shop")

    def _run(self, statement: str, form: str = "CSV") -> Any:
        return self._session.query(statement, form)

    def load(self, people: str, events: Sequence[str]) -> None:
        """The same tables."""
        for name, columns, order in (
            ("members", "audience LowCardinality(String), id String", "(audience, id)"),
            (
                "people",
                "user_id UInt32, plan LowCardinality(String), country LowCardinality(String), age UInt8, consent Bool",
                "user_id",
            ),
            ("account_members", "account_id String, user_id UInt32", "user_id"),
            ("accounts", "account_id String, tier LowCardinality(String)", "account_id"),
            ("devices", "anonymous_id String, user_id UInt32", "anonymous_id"),
            (
                "events",
                "event LowCardinality(String), occurred_at DateTime('UTC'), user_id UInt32, value Decimal64(2), "
                "category LowCardinality(String), cart_id String",
                "(event, occurred_at)",
            ),
        ):
            self._run(f"drop table if exists {name} sync")
            self._run(f"create table {name} ({columns}) engine = MergeTree order by {order}")
        self._run(f"""insert into people select toUInt32(assumeNotNull(userId)),
            JSONExtractString(assumeNotNull(traits), 'plan'),
            JSONExtractString(assumeNotNull(traits), 'country'), JSONExtractUInt(assumeNotNull(traits), 'age'),
            JSONExtractBool(assumeNotNull(traits), 'consent') from file('{people}', Parquet) where type = 'identify'""")
        self._run(f"""insert into account_members select distinct assumeNotNull(groupId), toUInt32(assumeNotNull(userId))
            from file('{people}', Parquet) where type = 'group'""")
        self._run(f"""insert into accounts select assumeNotNull(groupId), any(JSONExtractString(assumeNotNull(traits), 'tier'))
            from file('{people}', Parquet) where type = 'group' group by 1""")
        for file in (people, *events):
            self._devices(file)
        self._run("optimize table devices final deduplicate")
        for file in events:
            self._events(file)
        # One part is what the documentation calls merged; without it the first queries would merge on the way.
        self._run("optimize table events final")

    def _devices(self, file: str) -> None:
        self._run(f"""insert into devices select distinct assumeNotNull(anonymousId), toUInt32(assumeNotNull(userId))
            from file('{file}', Parquet) where userId is not null and anonymousId is not null""")

    def _events(self, file: str) -> None:
        # Only events without a person need the look-up.
        columns = "event, user_id, occurred_at, value, category, cart_id"
        named = self._EVENT_COLUMNS.format(user="toUInt32(assumeNotNull(c.userId))")
        self._run(f"insert into events ({columns}) select {named} from file('{file}', Parquet) as c where c.userId is not null")
        self._unnamed(file, "devices")

    def _unnamed(self, file: str, devices: str) -> None:
        columns = "event, user_id, occurred_at, value, category, cart_id"
        self._run(f"""insert into events ({columns}) select {self._EVENT_COLUMNS.format(user="d.user_id")}
            from (select *, assumeNotNull(anonymousId) as device from file('{file}', Parquet) where userId is null) as c
            inner join {devices} as d on c.device = d.anonymous_id""")

    def add(self, events: str, earlier: Sequence[str]) -> None:
        """A part more."""
        self._run("create or replace table tied (anonymous_id String, user_id UInt32) engine = MergeTree order by anonymous_id")
        self._run(f"""insert into tied select distinct assumeNotNull(anonymousId), toUInt32(assumeNotNull(userId))
            from file('{events}', Parquet)
            where userId is not null and assumeNotNull(anonymousId) not in (select anonymous_id from devices)""")
        self._run("insert into devices select * from tied")
        self._events(events)
        for file in earlier:
            self._unnamed(file, "tied")

    def evaluate(self, cases: Sequence[Case], as_of: datetime) -> None:
        """One statement for each audience."""
        dialect = ClickHouse(as_of)
        self._run("truncate table members sync")
        for case in cases:
            # Whatever its one column is called.
            found = f"select tuple(*) as found from ({case.query(dialect)})"
            self._run(f"insert into members select '{case.key}', toString(found.1) from ({found})")

    def answers(self, file: str) -> None:
        """The members as they are."""
        Path(file).unlink(missing_ok=True)
        self._run(f"insert into function file('{file}', Parquet) select toString(audience) as audience, id from members")

    def close(self) -> None:
        """End the server in this process."""
        self._session.close()


def open_side(name: str, folder: Path, *, anew: bool = False) -> Side:
    """`narrow`, `wide` or `clickhouse`, with its data below `folder`."""
    if anew:
        for path in folder.glob(f"{name}*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    return HandClickHouse(folder) if name == "clickhouse" else HandDuckDB(folder, is_narrow=name == "narrow")
