"""Truths about `without`: which event between two steps keeps the later from following the earlier."""

from datetime import timedelta
from typing import Any

DAY, HOUR, MICROSECOND = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)
_A = ("A", -3 * DAY)
_B_LATER = ("B", -2 * DAY)
_BETWEEN = -2 * DAY - HOUR
_CART = [{"property": "cart", "equals": {"parent": "cart"}}]
_SKU_BOUGHT = {"property": "items.$.sku", "equals": {"parent": "sku"}}
_SAME_K = {"property": "k", "equals": {"parent": "k"}}
_SAME_V = {"property": "v", "equals": {"parent": "v"}}
_OTHER_K = {"property": "k", "not_equals": {"parent": "k"}}
_OTHER_TEXT = {"property": "k", "not_contains": {"parent": "k"}}
_IN_SEEN = {"property": "sku", "one_of": {"parent": "seen"}}
_OF_SEEN = {"property": "sku", "contains_any": {"parent": "seen"}}
_WITHIN_SKU = {"property": "sku", "contains": {"parent": "sku"}}
_ALL = {"k": 1, "v": 1, "seen": ["a", "b"]}


def _then(*children: Any, **more: Any) -> dict[str, Any]:
    return {"performed": "A", **more, "then": list(children)}


def _b(where: Any) -> dict[str, Any]:
    """A, then B with no such C between."""
    return _then({"performed": "B", "without": {"performed": "C", "where": where}})


WITHOUT: list[Any] = [  # condition, events (name, from as_of, properties), is it in
    # `without` drops children with such an event strictly between
    (_then({"performed": "B", "without": "C"}), [_A, ("C", -2 * DAY - MICROSECOND), _B_LATER], False),
    (_then({"performed": "B", "without": "C"}), [_A, ("C", -2 * DAY), _B_LATER], True),
    (_then({"performed": "B", "without": "C"}), [_A, ("C", -3 * DAY), _B_LATER], True),
    (_then({"performed": "B", "without": "C"}), [_A, ("C", -3 * DAY + MICROSECOND), _B_LATER], False),
    (_then({"performed": "B", "without": ["C", "D"]}), [_A, ("D", -2 * DAY - HOUR), _B_LATER], False),
    (_then({"performed": "B", "without": "B"}), [_A, ("B", -DAY), _B_LATER], True),
    (_then({"performed": "B", "exactly": 1, "without": "B"}), [_A, ("B", -DAY), _B_LATER], True),
    (
        _then({"performed": "B", "without": {"performed": "C", "where": _CART}}),
        [(*_A, {"cart": "a"}), ("C", _BETWEEN, {"cart": "b"}), _B_LATER],
        True,
    ),
    (
        _then({"performed": "B", "without": {"performed": "C", "where": _CART}}),
        [(*_A, {"cart": "a"}), ("C", _BETWEEN, {"cart": "a"}), _B_LATER],
        False,
    ),
    (  # the first that blocks, not the last
        _then({"performed": "B", "without": {"performed": "C", "where": {"property": "v", "gt": {"parent": "v"}}}}),
        [("A", -3 * DAY, {"v": 1}), ("C", -2 * DAY, {"v": 2}), ("B", -DAY), ("C", -HOUR, {"v": 2})],
        False,
    ),
    (
        _then({"performed": "B", "without": {"performed": "C", "where": {"property": "v", "gt": {"parent": "v"}}}}),
        [(*_A, {"v": 1}), ("C", _BETWEEN, {"v": 1}), _B_LATER],
        True,
    ),
    # the first event of `without` with the item ends the window
    *(
        (
            _then({"performed": "B", "without": {"performed": "C", "where": _SKU_BOUGHT}}),
            [("A", -3 * DAY, {"sku": "x"}), ("C", -2 * DAY, {"items": [{"sku": "y"}, {"sku": sku}]}), ("B", -DAY)],
            is_in,
        )
        for sku, is_in in [("x", False), ("z", True)]
    ),
    # any of several ways to be the same, and an item of a list above
    (_b({"any": [_SAME_K, _SAME_V]}), [(*_A, {"k": 1, "v": 1}), ("C", _BETWEEN, {"k": 2, "v": 1}), _B_LATER], False),
    (_b({"any": [_SAME_K, _SAME_V]}), [(*_A, {"k": 1, "v": 1}), ("C", _BETWEEN, {"k": 1, "v": 2}), _B_LATER], False),
    (_b({"any": [_SAME_K, _SAME_V]}), [(*_A, {"k": 1, "v": 1}), ("C", _BETWEEN, {"k": 2, "v": 2}), _B_LATER], True),
    (
        _b([_SAME_V, {"any": [_SAME_K, _IN_SEEN]}]),
        [(*_A, _ALL), ("C", _BETWEEN, {"k": 1, "v": 2, "sku": "b"}), _B_LATER],
        True,
    ),
    (
        _b([_SAME_V, {"any": [_SAME_K, _IN_SEEN]}]),
        [(*_A, _ALL), ("C", _BETWEEN, {"k": 2, "v": 1, "sku": "b"}), _B_LATER],
        False,
    ),
    (_b(_IN_SEEN), [(*_A, _ALL), ("C", _BETWEEN, {"sku": "b"}), _B_LATER], False),
    (_b(_IN_SEEN), [(*_A, _ALL), ("C", -2 * DAY, {"sku": "a"}), _B_LATER], True),
    (_b(_IN_SEEN), [(*_A, _ALL), ("C", -DAY, {"sku": "a"}), ("C", _BETWEEN, {"sku": "b"}), _B_LATER], False),
    (_b(_IN_SEEN), [(*_A, _ALL), ("C", _BETWEEN, {"sku": "c"}), _B_LATER], True),
    (_b(_IN_SEEN), [_A, ("C", _BETWEEN, {"sku": "a"}), _B_LATER], True),
    (_b(_WITHIN_SKU), [(*_A, {"sku": "ab"}), ("C", _BETWEEN, {"sku": "xabx"}), _B_LATER], False),
    (_b(_WITHIN_SKU), [(*_A, {"sku": "ab"}), ("C", _BETWEEN, {"sku": "a"}), _B_LATER], True),
    (_b(_OF_SEEN), [(*_A, _ALL), ("C", _BETWEEN, {"sku": "xbx"}), _B_LATER], False),
    (_b(_OF_SEEN), [(*_A, _ALL), ("C", _BETWEEN, {"sku": "x"}), _B_LATER], True),
    (
        _b(_OTHER_K),
        [(*_A, {"k": 1}), ("C", _BETWEEN, {"k": 2}), _B_LATER],
        False,
    ),
    (_b(_OTHER_K), [(*_A, {"k": 1}), ("C", _BETWEEN, {"k": 1}), _B_LATER], True),
    (_b(_OTHER_K), [_A, ("C", _BETWEEN, {"k": 1}), _B_LATER], True),
    (_b(_OTHER_K), [(*_A, {"k": 1}), ("C", _BETWEEN, {"k": 1}), ("C", -2 * DAY - MICROSECOND, {"k": 2}), _B_LATER], False),
    (_b(_OTHER_K), [(*_A, {"k": 1}), ("C", _BETWEEN, {"k": 1}), ("C", -2 * DAY, {"k": 2}), _B_LATER], True),
    (_b(_OTHER_K), [(*_A, {"k": 1}), ("C", -3 * DAY, {"k": 2}), ("C", _BETWEEN, {"k": 1}), _B_LATER], True),
    (_b(_OTHER_K), [(*_A, {"k": 1}), ("C", -3 * DAY + MICROSECOND, {"k": 2}), ("C", _BETWEEN, {"k": 1}), _B_LATER], False),
    (_b(_OTHER_TEXT), [(*_A, {"k": "a"}), ("C", _BETWEEN, {"k": "ba"}), _B_LATER], True),
    (_b(_OTHER_TEXT), [(*_A, {"k": "a"}), ("C", _BETWEEN, {"k": "ba"}), ("C", -2.01 * DAY, {"k": "b"}), _B_LATER], False),
    (_b([_OTHER_K, _SAME_V]), [(*_A, _ALL), ("C", _BETWEEN, {"k": 2, "v": 2}), _B_LATER], True),
    (_b([_OTHER_K, _SAME_V]), [(*_A, _ALL), ("C", _BETWEEN, {"k": 1, "v": 1}), _B_LATER], True),
    (_b([_OTHER_K, _SAME_V]), [(*_A, _ALL), ("C", _BETWEEN, {"k": 2, "v": 1}), _B_LATER], False),
]
