"""What the benchmark of speed says of its figures."""

from pathlib import Path

from benchmarks.speed.definitions import cases
from benchmarks.speed.results import FULL, INCREMENTAL, MEMORY, WATCH, read, row, table, write


def test_a_missed_goal_is_said() -> None:
    rows = [
        row(FULL, "M", 3.0, 2.0, "narrow tables by hand"),
        row(FULL, "M", 2.0, 10.0, "ClickHouse"),
        row(MEMORY, "M", 4.5, unit="GB"),
    ]
    assert [one.is_met for one in rows] == [False, True, False]
    assert table(rows).splitlines()[2:] == [
        "| full evaluation of the audiences | M | 3.00 s | narrow tables by hand | 2.00 s | 1.50 | at most 1.3 | **missed** |",
        "| full evaluation of the audiences | M | 2.00 s | ClickHouse | 10.0 s | 0.20 | at most 0.5 | met |",
        "| peak memory | M | 4.50 GB |  |  |  | at most 4.00 GB | **missed** |",
    ]


def test_what_was_not_measured_is_neither_met_nor_missed() -> None:
    rows = [row(WATCH, "S", None), row(FULL, "S", 1.0, None, "ClickHouse")]
    assert [one.is_met for one in rows] == [None, None]
    assert "not measured" in table(rows)


def test_runs_are_told_by_part() -> None:
    rows = [
        row("first run: audiences", "S", 12.0),
        row("incremental run: audiences", "S", 3.0),
        row("first run: staging", "S", 120.0),
    ]
    assert table(rows).splitlines()[2:] == [
        "",
        "| seconds passed, size S | first run | incremental run |",
        "|---|---|---|",
        "| audiences | 12.0 s | 3.00 s |",
        "| staging | 120 s |  |",
    ]


def test_growth_is_told_once_both_sizes_are_there(tmp_path: Path) -> None:
    for size, seconds in (("M", 10.0), ("L", 61.0)):
        rows = [row(FULL, size, seconds, 1.0, "ClickHouse"), row(INCREMENTAL, size, 2.0, seconds, "the first run")]
        write(rows, tmp_path / f"{size}.json")
    assert [one.measure for one in read(tmp_path / "M.json")] == [FULL, INCREMENTAL]
    grown = read(tmp_path / "M.json", tmp_path / "L.json")[-2:]
    assert [(one.ours, one.is_met) for one in grown] == [(6.1, False), (1.0, True)]


def test_a_thousand_audiences_are_a_thousand_different_questions() -> None:
    thousand = cases(1_000)
    assert len({case.key for case in thousand}) == len({case.who for case in thousand}) == 1_000
