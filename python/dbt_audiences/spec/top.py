"""`top:` of the audience's universe by a trait."""

from __future__ import annotations

from decimal import Decimal

from dbt_audiences.core.definitions import ITEM, Top
from dbt_audiences.spec.fields import Fields
from dbt_audiences.spec.nodes import Node, Scalar, Wrong
from dbt_audiences.spec.values import path_of


def read_top(fields: Fields) -> Top:
    """The condition: `by`, and `percent` or `count`."""
    inner = Fields(fields.need("top"), "`top`", fields.problems)
    place = fields.place
    fields.finish()
    path = path_of(inner.need("by"), "`by`")
    if ITEM in path:
        raise Wrong(inner.place_of("by"), "`top` ranks by one number, and `$` opens an array", "compute a trait of it")
    is_custom = path[0] == "custom" and len(path) > 1
    inner.refuse_together("percent", "count")
    percent = _percent(inner.take("percent"))
    count = inner.whole("count", 1)
    if "percent" not in inner and "count" not in inner:
        raise Wrong(inner.place, "`top` needs `percent:` or `count:`", "such as {by: total_revenue, percent: 10}")
    inner.finish()
    return Top(path[1:] if is_custom else path, is_custom, percent, count, place)


def _percent(node: Node | None) -> Decimal | None:
    if node is None:
        return None
    value = node.value() if isinstance(node, Scalar) else None
    if not isinstance(value, Decimal) or not 0 < value <= 100:
        raise Wrong(node.place, "`percent` must be a number above 0, and 100 at most", "10 is a tenth")
    if value != round(value, 9):
        raise Wrong(node.place, "`percent` has 9 places after the point at most", "such as 12.5")
    return value
