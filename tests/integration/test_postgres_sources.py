"""SQL traits, related rows and places in a ranking on a real Postgres: the same as on DuckDB."""

from __future__ import annotations

from pathlib import Path

from tests.integration.postgres import Server
from tests.integration.sides import Side, at, empty_sides, track

NUMBERS = "1.50 as price, cast(0.1 as double precision) as small, cast('nan' as double precision) as nothing"
SCORES = {
    "duckdb": f"select user_id, score, {NUMBERS}, ['a', 'b'] as list, cast('{{\"x\": [1, \"y z\"]}}' as json) as doc, "
    "timestamptz '2026-01-31 12:00:00+02' as moment from raw.scores",
    "postgres": f"select user_id, score, {NUMBERS}, array['a', 'b'] as list, cast('{{\"x\": [1, \"y z\"]}}' as jsonb) as doc, "
    "timestamptz '2026-01-31 12:00:00+02' as moment from raw.scores",
}
FILES = {
    "models/marts/scores.yml": "models:\n  - name: scores\n    config: {meta: {sql_trait: {of: users, identifier: user_id}}}\n",
    "models/marts/orders.sql": "select * from raw.orders\n",
    "models/marts/orders.yml": "models:\n  - name: orders\n"
    "    config: {meta: {entity: {name: orders, user_id: customer, references: {items: item}}}}\n",
    "models/marts/items.sql": "select * from raw.items\n",
    "models/marts/items.yml": "models:\n  - name: items\n    config: {meta: {entity: {name: items, key: id}}}\n",
}
WHO = {
    "high": "{trait: score, gt: 5}",
    "typed": "[{trait: price, equals: 1.5}, {trait: small, equals: 0.1}, {trait: nothing, exists: false}, "
    '{trait: list, equals: \'["a","b"]\'}, {trait: doc, equals: \'{"x":[1,"y z"]}\'}, '
    "{trait: moment, equals: 2026-01-31T10:00:00Z}]",
    "dear": "{has: orders, where: [{property: paid, equals: true}, {has: items, where: [{property: price, gt: 9}]}]}",
    "orderless": "{not: {has: orders}}",
    "first": "{top: {by: score, percent: 40}}",
}


def test_both_engines_say_the_same(server: Server, tmp_path: Path) -> None:
    audiences = {key: f"audience: {key}\nwho: {who}\n" for key, who in WHO.items()}
    found = []
    for side in empty_sides(tmp_path, server.database("sources"), audiences):
        for path, text in {**FILES, "models/marts/scores.sql": SCORES[side.engine]}.items():
            (side.workspace.root / path).parent.mkdir(parents=True, exist_ok=True)
            (side.workspace.root / path).write_text(text)
        side.load([track(user, "Visited", "2026-01-01T00:00:00Z", "1") for user in ("ann", "bob", "cid")])
        found.append(_story(side))
    assert found[0] == found[1]
    first, second, third = found[0]
    assert first == {
        "high": {"bob", "new"},
        "typed": {"ann", "bob", "new"},
        "dear": {"ann"},
        "orderless": {"cid", "new"},
        "first": {"bob", "new"},
    }
    assert second["high"] == {"ann", "new"} and second["dear"] == {"ann", "bob"} and second["first"] == {"new"}
    assert third == second


def _story(side: Side) -> list[dict[str, set[str]]]:
    execute(
        side,
        "create table raw.scores (user_id text, score integer)",
        "create table raw.orders (customer text, item integer, paid boolean)",
        "create table raw.items (id integer, price numeric(9, 2))",
        "insert into raw.scores values ('ann', 1), ('bob', 7), ('new', 9)",
        "insert into raw.orders values ('ann', 1, true), ('bob', 2, true), ('nobody', 1, true)",
        "insert into raw.items values (1, 10), (2, 3)",
    )
    told = []
    for number, statements in enumerate(
        (
            (),
            ("update raw.scores set score = score + 8 where user_id = 'ann'", "delete from raw.scores where user_id = 'bob'",
             "update raw.items set price = 90 where id = 2"),
            (),
        )
    ):  # fmt: skip
        execute(side, *statements)
        side.run(at(f"2026-02-0{number + 1}T00:00:00Z"))
        told.append({key: side.members(key) for key in WHO})
    return told


def execute(side: Side, *statements: str) -> None:
    with side.workspace.warehouse() as warehouse:
        for statement in statements:
            warehouse.execute(statement)
