"""The benchmark of speed: what it compares are answers to the same questions."""

import importlib.util
from dataclasses import replace
from pathlib import Path

from benchmarks.speed import answers
from benchmarks.speed.definitions import chosen
from benchmarks.speed.events import AS_OF, NEXT_AS_OF, Size, generate, new_events
from benchmarks.speed.hand import open_side
from tests.integration.projects import Project, new_project

SIZE = Size("smallest", 40_000, 1_000)
PEERS = ["narrow", "wide", *(["clickhouse"] if importlib.util.find_spec("chdb") is not None else [])]
CASES = chosen("sample")


def test_sql_by_hand_finds_the_members_that_we_find_before_and_after_new_events(tmp_path: Path) -> None:
    (people, *events), new = generate(tmp_path / "files", SIZE), new_events(tmp_path / "files", SIZE, 500)
    project = new_project(tmp_path / "shop")
    for case in CASES:
        project.write(f"audiences/{case.key}.yml", case.yaml)
    before = _ours(project, [people, *events], AS_OF.isoformat())
    after = _ours(project, [new], NEXT_AS_OF.isoformat())
    assert len(answers.sizes(before)) >= len(CASES) - 1, "audiences without members compare nothing"
    assert answers.differences(before, after), "the new events move nobody"
    for peer in PEERS:
        side, file = open_side(peer, tmp_path / "peers"), tmp_path / f"{peer}.parquet"
        side.load(str(people), [str(one) for one in events])
        side.evaluate(CASES, AS_OF)
        side.answers(str(file))
        assert answers.differences(before, file) == []
        side.add(str(new), [str(one) for one in events])
        side.evaluate(CASES, NEXT_AS_OF)
        side.answers(str(file))
        assert answers.differences(after, file) == []
        other = replace(CASES[0], query=lambda _: "select user_id from people where age >= 40")
        side.evaluate([other, *CASES[1:]], NEXT_AS_OF)
        side.answers(str(file))
        assert CASES[0].key in [key for key, _, _ in answers.differences(after, file)]
        side.close()


def _ours(project: Project, files: list[Path], as_of: str) -> Path:
    project.audiences("load", *map(str, files), "--max-rejected", "0")
    project.audiences("run", "--no-sync", "--as-of", as_of)
    answers.of_ours(project.root, project.root / f"{as_of[:13]}.parquet")
    return project.root / f"{as_of[:13]}.parquet"
