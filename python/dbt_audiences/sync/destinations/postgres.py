"""`postgres`: tables in the shape of Segment's warehouse schema, or one table of members; each request one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dbt_audiences.sync.addresses import PrivateAddress, public_addresses
from dbt_audiences.sync.channel import IDENTIFIER_COLUMNS, Opening, Outcome, Setting, Side, Spec
from dbt_audiences.sync.declared.statement import Statement
from dbt_audiences.sync.extras import need_library
from dbt_audiences.sync.stated import first_line, stated
from dbt_audiences.sync.tables import Table, Unfit, list_members, tables_of

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

_REFUSED_LOGIN = ("authentication failed", "does not exist", "no pg_hba.conf entry", "permission denied")


class Postgres:
    """Writes by the ids of the calls, so that a request that comes twice changes nothing the second time."""

    def __init__(self, opening: Opening) -> None:
        need_library("psycopg2", "postgres")
        self._opening = opening
        self._schema = str(opening.settings.get("schema", "audiences_synced"))
        self._connection: Connection | None = None
        self._known: dict[str, dict[str, str]] = {}

    def try_out(self) -> Outcome:
        """Log in, and ask whether tables may be made."""
        import psycopg2

        try:
            with self._open().cursor() as cursor:
                cursor.execute("select has_database_privilege(current_database(), 'create')")
                (may_create,) = cursor.fetchone() or (False,)
        except (PrivateAddress, psycopg2.Error, OSError) as error:
            return _lost(error)
        said = "tables can be made" if may_create else f"the schema {self._schema} must have been made by another"
        return Outcome("delivered", f"it takes the credentials; {said}")

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    def shown(self, statement: Statement) -> dict[str, object]:
        """The rows of each table."""
        if statement.envelope.as_ == "list":
            return {"table": f"{self._schema}.members", "op": statement.side, "rows": list_members(statement)}
        tables, unfit = tables_of(statement, {})
        shown: dict[str, object] = {f"{self._schema}.{table.name}": table.rows for table in tables}
        return {**shown, "not_written": [one.reason for one in unfit]} if unfit else shown

    def _open(self) -> Connection:
        import psycopg2

        if self._connection is None or self._connection.closed:
            settings = self._opening.settings
            host, port = str(settings["host"]), int(str(settings.get("port", 5432)))
            checked: dict[str, Any] = {} if self._opening.allow_private_addresses else {"hostaddr": _public(host, port)}
            self._connection = psycopg2.connect(
                host=host,
                port=port,
                dbname=str(settings["database"]),
                user=str(settings["user"]),
                password=self._opening.secrets.get("password"),
                sslmode=str(settings.get("sslmode", "prefer")),
                connect_timeout=10,
                application_name="dbt-audiences",
                options="-c timezone=UTC -c statement_timeout=300000",
                **checked,
            )
            self._known.clear()
        return self._connection

    def carry(self, request_id: str, statement: Statement) -> Outcome:
        """Write it in one transaction."""
        import psycopg2

        try:
            with self._open() as connection, connection.cursor() as cursor:
                if statement.envelope.as_ == "list":
                    _write_members(cursor, self._schema, statement.side or "add", list_members(statement))
                    return Outcome("delivered")
                unfit = self._write_calls(cursor, statement)
        except (psycopg2.DataError, psycopg2.errors.InvalidTableDefinition) as error:
            self._known.clear()
            return Outcome("rejected", first_line(error), divides=True)
        except (PrivateAddress, psycopg2.Error, OSError) as error:
            self._known.clear()
            return _lost(error)
        return Outcome("delivered", refused=tuple((one.message_id, one.reason) for one in unfit))

    def _write_calls(self, cursor: Any, statement: Statement) -> list[Unfit]:
        from psycopg2 import sql

        schema = sql.Identifier(self._schema)
        cursor.execute(sql.SQL("create schema if not exists {}").format(schema))
        if not self._known:
            cursor.execute(
                "select table_name, column_name, data_type from information_schema.columns where table_schema = %s",
                (self._schema,),
            )
            for table_name, column, type_ in cursor.fetchall():
                self._known.setdefault(table_name, {})[column] = type_
        tables, unfit = tables_of(statement, self._known)
        for table in tables:
            _make(cursor, self._schema, table, self._known)
            _upsert(cursor, self._schema, table)
        return unfit


def _make(cursor: Any, schema: str, table: Table, known: dict[str, dict[str, str]]) -> None:
    from psycopg2 import sql

    name = sql.Identifier(schema, table.name)
    there = known.setdefault(table.name, {})
    if not there:
        cursor.execute(sql.SQL("create table if not exists {} (id text primary key)").format(name))
        there["id"] = "text"
    for column, type_ in table.columns.items():
        if column not in there:
            adding = sql.SQL("alter table {} add column if not exists {} " + type_)
            cursor.execute(adding.format(name, sql.Identifier(column)))
            there[column] = type_


def _upsert(cursor: Any, schema: str, table: Table) -> None:
    from psycopg2 import sql
    from psycopg2.extras import execute_values

    columns = [*table.columns]
    changed = sql.SQL(", ").join(
        sql.SQL("{0} = excluded.{0}").format(sql.Identifier(column)) for column in columns if column != "id"
    )
    latest = sql.SQL("do update set {} where {}.received_at <= excluded.received_at").format(
        changed, sql.Identifier(table.name)
    )
    statement = sql.SQL("insert into {} ({}) values %s on conflict (id) {}").format(
        sql.Identifier(schema, table.name),
        sql.SQL(", ").join(sql.Identifier(column) for column in columns),
        latest if table.keeps_latest else sql.SQL("do nothing"),
    )
    execute_values(cursor, statement, [tuple(row[column] for column in columns) for row in table.rows])


def _write_members(cursor: Any, schema: str, side: Side, rows: Sequence[dict[str, object]]) -> None:
    from psycopg2 import sql
    from psycopg2.extras import execute_values

    name = sql.Identifier(schema, "members")
    cursor.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(schema)))
    cursor.execute(
        sql.SQL(
            "create table if not exists {} (audience_key text, list text, profile_id text, identifier_type text, "
            "identifier_value text, traits jsonb, added_at timestamptz, "
            "primary key (audience_key, identifier_type, identifier_value))"
        ).format(name)
    )
    keys = ("audience_key", "identifier_type", "identifier_value")
    if side == "remove":
        gone = sql.SQL(
            "delete from {} as there using (values %s) as gone (audience_key, identifier_type, identifier_value) "
            "where there.audience_key = gone.audience_key and there.identifier_type = gone.identifier_type "
            "and there.identifier_value = gone.identifier_value"
        )
        execute_values(cursor, gone.format(name), [tuple(row[key] for key in keys) for row in rows])
        return
    columns = ("audience_key", "list", "profile_id", "identifier_type", "identifier_value", "traits", "added_at")
    adding = sql.SQL(
        "insert into {} (audience_key, list, profile_id, identifier_type, identifier_value, traits, added_at) values %s "
        "on conflict (audience_key, identifier_type, identifier_value) do update set profile_id = excluded.profile_id, "
        "list = excluded.list, traits = excluded.traits"
    )
    execute_values(cursor, adding.format(name), [tuple(row[column] for column in columns) for row in rows])


def _public(hosts: str, port: int) -> str:
    """The address of each host, which is then connected to; raises `PrivateAddress`. A folder is a socket of this machine."""
    found = []
    for host in hosts.split(","):
        if host.startswith(("/", "@")) or not host:
            raise PrivateAddress(host or hosts, "a socket of this machine")
        found.append(public_addresses(host, port)[0][1])
    return ",".join(found)


def _lost(error: Exception) -> Outcome:
    if isinstance(error, PrivateAddress):
        return Outcome("unsent", str(error), stops=True)
    if isinstance(error, OSError):
        return Outcome("pending", f"its name could not be resolved: {error.strerror}", stops=True)
    said = first_line(error)
    if any(words in said for words in _REFUSED_LOGIN):
        return Outcome("held", f"{said}; a person must renew the credentials", stops=True)
    return Outcome("pending", said, stops=True)


SPEC = Spec(
    type="postgres",
    settings=(
        Setting("host", "text", is_required=True),
        Setting("port", "integer", most=65_535),
        Setting("database", "text", is_required=True),
        Setting("user", "text", is_required=True),
        Setting("schema", "text"),
        Setting("sslmode", "text", choices=("disable", "allow", "prefer", "require", "verify-ca", "verify-full")),
        Setting("batch_size", "integer", most=10_000),
    ),
    secrets=("password",),
    forms=("boolean", "events", "list"),
    identifiers=dict.fromkeys(IDENTIFIER_COLUMNS, "last"),
    identifier_types=IDENTIFIER_COLUMNS,
    is_mixed=False,
    open=stated(Postgres, kind="postgres", batch_size=1000),
    takes_accounts=False,
    name="Postgres tables",
    description="Tables in the shape of Segment's warehouse schema (identifies, users, audience_entered), or one of members.",
    proven_by="real server (Postgres)",
)
