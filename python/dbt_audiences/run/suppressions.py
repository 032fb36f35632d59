"""Identifiers of whom nothing new is taken: the table `audiences.suppressions` knows them by salted hashes alone."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import cast

from dbt_audiences.core.suppression import NOTHING, Cause, Identifier, Suppressed, hash_of
from dbt_audiences.core.warehouse import Relations, Warehouse, naive, schema_and_table, text_literal, text_literals


def read_suppressed(warehouse: Warehouse, relations: Relations) -> Suppressed:
    """Everything that is suppressed; nothing where the table is not there yet."""
    schema, table = schema_and_table(relations["suppressions"])
    return _read(warehouse, [one for one in _places(warehouse) if one == f'"{schema}"."{table}"'])


def find_suppressed(warehouse: Warehouse) -> Suppressed:
    """The same without asking dbt where the table is."""
    return _read(warehouse, _places(warehouse))


def _places(warehouse: Warehouse) -> list[str]:
    rows = warehouse.fetch(
        "select table_schema, table_name from information_schema.columns "
        "where table_name = 'suppressions' and column_name = 'salt' order by table_schema"
    )
    return [f'"{schema}"."{table}"' for schema, table in rows]


def _read(warehouse: Warehouse, places: Sequence[str]) -> Suppressed:
    for place in places:
        rows = warehouse.fetch(f"select hash, cause, salt from {place}")
        if rows:
            return Suppressed(str(rows[0][2]), {str(hash_): cast(Cause, cause) for hash_, cause, _ in rows})
    return NOTHING


def suppress(
    warehouse: Warehouse, relations: Relations, identifiers: Collection[Identifier], cause: Cause, at: datetime
) -> None:
    """Take nothing new of these from now on; a stronger cause replaces a weaker one."""
    known = read_suppressed(warehouse, relations)
    salt = known.salt or secrets.token_hex(16)
    table = relations["suppressions"]
    kept = {"forgotten"} if cause != "forgotten" else set()
    written = [one for one in identifiers if known.cause(one) not in kept]
    hashes = {hash_of(salt, one): one[0] for one in written}
    if not hashes:
        return
    warehouse.execute(f"delete from {table} where hash in ({text_literals(hashes)})")
    warehouse.insert(
        table,
        ("type", "hash", "salt", "cause", "suppressed_at", "is_open"),
        [(type_, hash_, salt, cause, naive(at), cause != "suppressed") for hash_, type_ in hashes.items()],
    )


def lift(warehouse: Warehouse, relations: Relations, identifiers: Collection[Identifier]) -> int:
    """Take what is new of these again; return how many were suppressed."""
    known = read_suppressed(warehouse, relations)
    hashes = [hash_of(known.salt, one) for one in identifiers if known.cause(one) is not None]
    if hashes:
        warehouse.execute(f"delete from {relations['suppressions']} where hash in ({text_literals(hashes)})")
    return len(hashes)


def purge_ledger(warehouse: Warehouse, relations: Relations) -> int:
    """Drop what the ledger says of identifiers that were forgotten, once no destination holds them and none is waited for.

    Returns how many identifiers it must still remember. Asks nothing more where nothing was forgotten, or all is gone.
    """
    table = relations["suppressions"]
    open_ = warehouse.fetch(f"select max(salt) from {table} where is_open")[0][0]
    if open_ is None:
        return 0
    hashed = warehouse.sha256(f"{text_literal(str(open_))} || identifier_type || ':' || identifier_value")
    acknowledged, deliveries = relations["acknowledged"], relations["deliveries"]
    forgotten = f"in (select hash from {table} where is_open)"
    kept = (
        f"select {hashed} from {acknowledged} where is_member and {hashed} {forgotten} "
        f"union select {hashed} from {deliveries} where status = 'pending' and {hashed} {forgotten}"
    )
    remembered = [str(row[0]) for row in warehouse.fetch(kept)]
    but = f" and {hashed} not in ({text_literals(remembered)})" if remembered else ""
    with warehouse.transaction():
        for name in (acknowledged, deliveries):
            warehouse.execute(f"delete from {name} where {hashed} {forgotten}{but}")
        closed = f" and hash not in ({text_literals(remembered)})" if remembered else ""
        warehouse.execute(f"update {table} set is_open = false where is_open{closed}")
    return len(remembered)


def by_type(identifiers: Iterable[Identifier]) -> dict[str, int]:
    """How many there are of each type."""
    return dict(Counter(type_ for type_, _ in identifiers))
