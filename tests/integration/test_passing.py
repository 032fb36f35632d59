"""What fails in passing is tried again and succeeds; what fails for good fails once, and what does not depend on it goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.integration.postgres import Server
from tests.integration.sides import at, make_side, track

from dbt_audiences.flow import building
from dbt_audiences.flow.run import run
from dbt_audiences.run.passing import PAUSES, passes

# Numbers of a sequence are not given back when a transaction is: it counts the attempts.
FLAKY = """
create function raw.flaky(fails bigint, code text) returns bigint language plpgsql as $$
begin
    if nextval('raw.attempts') <= fails then
        raise exception 'could not serialize access due to a test' using errcode = code;
    end if;
    return 1;
end $$
"""
WHO = "audience: {}\nwho: {}\n"


@pytest.mark.parametrize(
    ("fails", "said", "attempts"),
    [(2, "could not serialize access due to a test", 3), (99, "could not serialize access due to a test", 1 + len(PAUSES))],
)
def test_a_conflict_is_tried_again_up_to_five_times(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: int, said: str, attempts: int
) -> None:
    monkeypatch.setattr(building, "PAUSES", tuple(pause / 1000 for pause in PAUSES))
    audiences = {
        "recent": WHO.format("recent", "{performed: Bought, within: 7 days}"),
        "others": WHO.format("others", "{performed: Bought}"),
        "of_recent": WHO.format("of_recent", "{in_audience: recent}"),
    }
    side = make_side(tmp_path / "project", server.database(f"passing_{fails}").credentials(), audiences)
    side.load([track("a", "Bought", "2026-01-07T00:00:00Z", "1")])
    with side.workspace.warehouse() as warehouse:
        warehouse.execute("create sequence raw.attempts")
        warehouse.execute(FLAKY)
    path = side.workspace.root / "dbt_project.yml"
    settings = yaml.safe_load(path.read_text())
    settings["models"]["dbt_audiences"]["audiences"]["recent"] = {"+pre-hook": f"select raw.flaky({fails}, '40001')"}
    path.write_text(yaml.safe_dump(settings))
    report = run(side.workspace, as_of=at("2026-01-08T00:00:00Z"), with_sync=False)
    status = {one.audience: one.status for one in report.audiences}
    if fails < len(PAUSES):
        assert report.exit_code == 0 and set(status.values()) == {"built"}
    else:
        assert report.exit_code == 1 and said in report.failures[0].reason
        assert status == {"recent": "failed", "others": "built", "of_recent": "skipped"}
    with side.workspace.warehouse() as warehouse:
        assert warehouse.fetch("select last_value from raw.attempts") == [(attempts,)]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Database Error in model x\n  server closed the connection unexpectedly", True),
        ("Runtime Error\n  Out of Memory Error: failed to allocate data of size 1.0 GiB", True),
        ("Runtime Error\n  TransactionContext Error: Failed to commit: write-write conflict on key", True),
        ("Database Error\n  canceling statement due to lock timeout", True),
        ("Runtime Error\n  Catalog Error: Table with name visits does not exist!", False),
        ("guard: events_bought had 10 rows and now has 1", False),
    ],
)
def test_only_what_another_try_can_mend_passes(message: str, expected: bool) -> None:
    assert passes(message) is expected
