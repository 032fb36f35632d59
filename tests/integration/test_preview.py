"""`preview`, `overlap` and `backtest`: definitions tried on the data of the last run, with nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.projects import Project, at, shop_with_ten_buyers, state, track


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return shop_with_ten_buyers(tmp_path_factory.mktemp("preview") / "shop")


def test_a_preview_of_a_key_is_exact_and_writes_nothing(shop: Project) -> None:
    before = state(shop)
    found = shop.audiences("preview", "buyers", "--as-of", at(0), "--json").json
    assert (found["members"], found["universe"], len(found["sample"])) == (10, 14, 10)
    assert shop.audiences("preview", "buyers", "--as-of", at(25.5), "--json").json["members"] == 4
    assert state(shop) == before


def test_a_preview_of_a_file_reads_properties_that_no_table_has_yet(shop: Project, tmp_path: Path) -> None:
    path = tmp_path / "big.yml"
    path.write_text("audience: big\nname: Big\nwho: {performed: Visited, where: [{property: seconds, gt: 5}]}\n")
    shop.load(track("v1", "Visited", -0.5, properties={"seconds": 6}), track("v2", "Visited", -0.5, properties={"seconds": 5}))
    shop.run()
    found = shop.audiences("preview", str(path), "--as-of", at(0), "--limit", "3", "--json").json
    assert found["members"] == 1 and [row["user_id"] for row in found["sample"]] == ["v1"]
    assert not (shop.root / "audiences" / "big.yml").exists()


def test_a_preview_of_a_wrong_file_says_where(shop: Project, tmp_path: Path) -> None:
    path = tmp_path / "wrong.yml"
    path.write_text("audience: wrong\nname: Wrong\nwho: {perfomed: Visited}\n")
    assert "audiences/wrong.yml:3:" in shop.audiences("preview", str(path), expect=2).err
    assert "there is no audience `nobody`" in shop.audiences("preview", "nobody", expect=2).err
    assert "there is no file" in shop.audiences("preview", str(tmp_path / "none.yml"), expect=2).err


def test_an_overlap_counts_what_two_and_all_share(shop: Project) -> None:
    found = shop.audiences("overlap", "buyers", "on_business", "bought_on_business", "--json").json
    assert found["sizes"] == {"buyers": 10, "on_business": 2, "bought_on_business": 1}
    assert [tuple(pair) for pair in found["shared"]] == [
        ("buyers", "on_business", 1), ("buyers", "bought_on_business", 1), ("on_business", "bought_on_business", 1),
    ]  # fmt: skip
    assert (found["in_all"], found["in_any"]) == (1, 11)
    assert "two audiences or more" in shop.audiences("overlap", "buyers", expect=2).err
    assert "there is no audience `nobody`" in shop.audiences("overlap", "buyers", "nobody", expect=2).err


def test_a_backtest_gives_the_size_at_each_step_as_runs_would_have(shop: Project, tmp_path: Path) -> None:
    def sizes(key: str) -> list[int]:
        given = ("backtest", key, "--from", at(-10), "--to", at(0), "--every", "1d", "--json")
        return [point["members"] for point in shop.audiences(*given).json]

    assert sizes("buyers") == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10]
    assert sizes("bought_on_business") == [0] * 9 + [1, 1]
    copy = shop.copy(tmp_path / "copy")
    for day, size in ((-4, 7), (0, 10)):
        copy.run(day=day)
        assert copy.sql("select count(*) from audiences.buyers") == [(size,)]


def test_a_backtest_without_end_or_with_too_many_points_is_refused(shop: Project) -> None:
    def refused(start: float, end: float, every: str) -> str:
        return shop.audiences("backtest", "buyers", "--from", at(start), "--to", at(end), "--every", every, expect=2).err

    assert "has 1 to 2,000 points, and these are 14,401" in refused(-10, 0, "1m")
    assert "has 1 to 2,000 points, and these are 0" in refused(0, -1, "1d")
    assert "`0d` is no step" in refused(-1, 0, "0d")
