"""The CTEs of one model, however many are called the same."""

from __future__ import annotations

from dbt_audiences.compile.jinja import package_call
from dbt_audiences.compile.names import IDENTIFIER_LENGTH
from dbt_audiences.compile.scene import Ctes


def test_names_of_ctes_differ_and_are_no_longer_than_any_warehouse_takes() -> None:
    ctes = Ctes()
    names = [ctes.add("order_completed_12_line", package_call("never")) for _ in range(200)]
    assert len({*names}) == 200
    assert max(map(len, names)) <= IDENTIFIER_LENGTH
    assert names[:3] == ["order_completed_12_line", "order_completed_12_line_1", "order_completed_12_line_1_1"]
