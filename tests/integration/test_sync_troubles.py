"""After any answers to drawn changes, a list holds who must be in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.integration.receiver import Answer, Received, Receiver
from tests.integration.worlds import Rows, World, destination, make_state, send_to

from dbt_audiences.run.warehouses.duckdb import connect

people = st.dictionaries(
    st.sampled_from(["p1", "p2", "p3", "p4"]),
    st.tuples(
        st.sets(st.integers(1, 2)), st.sets(st.integers(1, 3)), st.sampled_from(['{}', '{"plan":"gold"}'])
    ),
)  # fmt: skip
troubles = st.lists(st.sampled_from([200, 200, 200, 400, 422, 500, 503, 401]), max_size=4)


def wanted_rows(state: Mapping[str, tuple[set[int], set[int], str]]) -> Rows:
    rows: Rows = []
    for person, (numbers, emails, traits) in state.items():
        rows += [(person, "user_id", f"{person}-u{n}", traits) for n in numbers]
        rows += [(person, "email", f"{person}-e{n}", traits) for n in emails]
    return rows


@given(st.lists(st.tuples(people, troubles, st.booleans()), min_size=1, max_size=4), people, st.integers(1, 3))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_after_any_troubles_a_list_holds_exactly_who_must_be_in_it(
    tmp_path: Path, steps: list[Any], last: Any, batch_size: int
) -> None:
    warehouse = connect({"path": ":memory:"})
    make_state(warehouse)
    with Receiver() as receiver:
        hook = destination(settings={"url": receiver.url, "batch_size": batch_size})
        world = World(warehouse, receiver, tmp_path, destination=hook, send=send_to(as_="list"))
        bodies: dict[str, bytes] = {}
        taken: list[tuple[str, list[dict[str, Any]]]] = []
        script: list[int] = []
        seen: set[str] = set()

        def decide(got: Received) -> Answer:
            assert bodies.setdefault(got.id, got.body) == got.body
            status = script.pop(0) if script else 200
            if got.id in seen and status in (400, 422):  # what was taken is not refused when it comes again
                status = 200
            seen.add(got.id)
            if status in (200, 500):  # a 500 may come after the destination has taken it
                taken.append((got.json["op"], got.json["members"]))
            return Answer(status)

        receiver.decide = decide
        for state, answers, resync in [*steps, (last, [], True)]:
            script[:] = answers
            world.want(wanted_rows(state))
            result = world.sync(resync=resync, approved=True)
            script.clear()
        assert (result.status, result.pending) == ("synced", 0)
        held: set[tuple[str, str]] = set()
        profiles: set[str] = set()
        for op, members in taken:
            for member in members:
                identifiers = set(member["identifiers"].items())
                held = held | identifiers if op == "add" else held - identifiers
                profiles = profiles | {member["profile_id"]} if op == "add" else profiles - {member["profile_id"]}
        rows = wanted_rows(last)
        assert held == world.held == {(row[1], row[2]) for row in rows}
        assert profiles == {row[0] for row in rows}
    warehouse.close()
