"""What a plan costs, and that its shortcuts come to the same: nothing is copied where all is held, and rows lie in order."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.receiver import Answer
from tests.integration.worlds import Crash, World, running_world, users

from dbt_audiences.core.warehouse import Warehouse
from dbt_audiences.sync import outbox
from dbt_audiences.sync.ledger import Ledger
from dbt_audiences.sync.plan import drop_tables, make_plan
from dbt_audiences.sync.request_ids import RequestIds, is_one_of
from dbt_audiences.sync.sizes import Sizes


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running_world(tmp_path) as made:
        yield made


def _ledger_of(world: World) -> Ledger:
    names = ("acknowledged", "requests", "deliveries", "connections")
    return Ledger(world.warehouse, {name: f'"{name}"' for name in names}, "hook", "vips")


def test_where_all_is_held_nothing_is_copied_and_any_difference_is_found(world: World) -> None:
    rows = users("ann", "bob", "cat", traits='{"plan":"gold"}')
    world.want(rows)
    world.sync()
    ledger = _ledger_of(world)

    def planned() -> Sizes:
        return make_plan(world.warehouse, ledger, '"send_hook_vips"', resync=False)

    assert planned() == Sizes(0, 0, 0, 0)
    tables = {row[0] for row in world.fetch("select table_name from duckdb_tables() where temporary")}
    assert ledger.plan in tables
    assert ledger.wanted_rows not in tables
    assert {row[:3] for row in world.fetch(f"select * from {ledger.wanted}")} == {row[:3] for row in rows}
    differences = {
        "one less": (rows[:2], Sizes(3, 0, 1, 0)),
        "one more": ([*rows, ("p-dan", "user_id", "dan", "{}")], Sizes(3, 1, 0, 0)),
        "one for another": ([*rows[:2], ("p-dan", "user_id", "dan", "{}")], Sizes(3, 1, 1, 0)),
        "other traits": ([*rows[:2], (*rows[2][:3], '{"plan":"free"}')], Sizes(0, 0, 0, 1)),
        "one twice in place of another": ([rows[0], rows[0], rows[1]], Sizes(3, 0, 1, 0)),
        "one twice, beside another": ([*rows, ("p-zoe", "user_id", "ann", "{}")], Sizes(0, 0, 0, 0)),
        "traits changed hands": ([rows[0], (*rows[1][:3], "{}"), rows[2]], Sizes(0, 0, 0, 1)),
    }
    for name, (wanted, sizes) in differences.items():
        world.want(wanted)
        assert planned() == sizes, name
    drop_tables(world.warehouse, ledger)


def test_rows_lie_in_the_order_of_their_requests_so_that_a_few_are_found_without_reading_all(world: World) -> None:
    world.destination = replace(world.destination, settings={**world.destination.settings, "batch_size": 2})
    names = [f"u{number}" for number in range(25)]
    random.Random(5).shuffle(names)
    world.want(users(*names))
    world.sync()
    ids = [str(row[0]) for row in world.fetch("select request_id from deliveries")]
    assert ids == sorted(ids)
    assert [id_[:8] for id_ in ids] == [f"{number // 2:08d}" for number in range(25)]


def test_a_row_that_several_requests_say_is_one_row_of_each(world: World) -> None:
    world.destination = replace(world.destination, settings={**world.destination.settings, "batch_size": 2})
    world.want([("p", "user_id", f"u{n}", "{}") for n in range(5)] + [("p", "email", "e@example.com", "{}")])
    world.sync()
    found = world.fetch("select request_id, identifier_type, identifier_value from deliveries where identifier_type = 'email'")
    assert len(found) == len(set(found)) == 3
    assert len(world.held) == len(world.fetch("select * from acknowledged")) == 6


def test_who_left_as_one_profile_and_comes_back_as_another_has_one_row(world: World) -> None:
    world.send = replace(world.send, refuse_above=None)
    world.want(users("ann"))
    world.sync()
    world.want([])
    world.sync()
    world.want([("p-merged", "user_id", "ann", "{}")])
    assert world.sync().delivered == 1
    assert world.fetch("select profile_id, identifier_value, is_member from acknowledged") == [("p-merged", "ann", True)]


def test_a_request_of_before_a_merge_leaves_one_row(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.want(users("ann"))
    world.sync()

    def die(*_: object) -> None:
        raise Crash

    world.want(users("ann", traits='{"plan":"gold"}'))
    with monkeypatch.context() as patched, pytest.raises(Crash):
        patched.setattr(outbox, "settle", die)
        world.sync()
    world.receiver.answers.extend([Answer(status=503)] * 3)  # its fate stays unknown while the merge is taken up
    world.want([("p-merged", "user_id", "ann", '{"plan":"gold"}')])
    world.sync()
    assert world.sync().delivered == 1
    assert world.fetch("select profile_id, identifier_value from acknowledged") == [("p-merged", "ann")]


def test_ids_are_found_whether_they_begin_with_a_number_or_not(warehouse: Warehouse) -> None:
    new = [RequestIds("4f6c", side).of(batch) for side in ("add", "remove", None) for batch in (0, 9, 10, 99_999_999)]
    ids = [*new, "00000009-4f6c-add-1", "00000009-4f6c-add-later", "msg_4f6c-add-9"]
    warehouse.execute("drop table if exists found_ids")
    warehouse.execute("create table found_ids (request_id text)")
    warehouse.insert("found_ids", ("request_id",), [(id_,) for id_ in ids])
    for asked in ([new[1]], new[1:3], [new[3]], ids[-3:], ids[-1:], ids, []):
        found = warehouse.fetch(f"select request_id from found_ids where {is_one_of(asked)} order by request_id")
        assert {str(row[0]) for row in found} == set(asked)
    numbered = warehouse.fetch(
        f"select {RequestIds('4f6c', None).sql('n')} from (select 0 as n union all select 123456789) as ns"
    )
    assert {str(row[0]) for row in numbered} == {"00000000-4f6c-all", "123456789-4f6c-all"}
    warehouse.execute("drop table found_ids")
