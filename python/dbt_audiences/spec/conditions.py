"""Conditions of an audience: the combinations, and every leaf but events."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from dbt_audiences.core.definitions import (
    All,
    Any,
    Condition,
    Entity,
    Everyone,
    InAudience,
    InList,
    Members,
    Not,
    Quantifier,
    Reference,
    TraitTest,
)
from dbt_audiences.spec.comparisons import RELATIVE, read_comparisons, read_ignore_case
from dbt_audiences.spec.events import read_performed
from dbt_audiences.spec.fields import Fields, Problems, nearest, text_of, unknown
from dbt_audiences.spec.nodes import ListNode, Node, Scalar, Wrong
from dbt_audiences.spec.related import read_related
from dbt_audiences.spec.top import read_top
from dbt_audiences.spec.values import duration_of, path_of
from dbt_audiences.spec.where import read_row_tests

KEY = re.compile(r"[a-z][a-z0-9_]{0,62}")
"""How the keys of definitions and lists are written."""
COMBINERS = ("all", "any", "none", "not")
LEAVES = (
    *("performed", "not_performed", "trait", "in_audience", "not_in_audience", "in_list", "users", "account", "has", "top"),
)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a condition stands in: the project's folder, the time zone, and the kind of entity that is judged.

    is_root  whether that is the audience's own, and not the members of one
    """

    root: Path
    timezone: str
    of: Entity
    problems: Problems
    is_root: bool = True


def read_condition(node: Node, scope: Scope) -> Condition | None:
    """The tree, or None where something in it is wrong."""
    if isinstance(node, ListNode):
        return _list(node, scope)
    if isinstance(node, Scalar):
        if node.text == "everyone":
            return Everyone(node.place)
        hint = nearest(node.text, ("everyone",)) or "a condition is a mapping such as `performed: Signed Up`, or `everyone`"
        what = f"`{node.text}` is no condition" if node.text else "there is no condition here"
        raise Wrong(node.place, what, hint)
    fields = Fields(node, "a condition", scope.problems)
    if not fields.node.entries:
        raise Wrong(node.place, "an empty mapping is no condition", "write `everyone` for everyone")
    combiners = [key for key in COMBINERS if key in fields]
    leaves = [key for key in LEAVES if key in fields]
    if combiners and leaves:
        raise Wrong(
            fields.place_of(leaves[0]),
            f"`{combiners[0]}` and `{leaves[0]}` stand in one mapping",
            "make them items of one `all:` list",
        )
    if combiners:
        return _combination(combiners, fields, scope)
    if len(leaves) > 1:
        raise Wrong(
            fields.place_of(leaves[1]),
            f"two conditions in one mapping: `{leaves[0]}` and `{leaves[1]}`",
            "begin the second with a `-` of its own",
        )
    if not leaves:
        first = next(iter(fields.node.entries))
        raise Wrong(fields.place_of(first), f"`{first}` begins no condition", unknown(first, (*COMBINERS, *LEAVES)))
    return _leaf(leaves[0], fields, scope)


def _list(node: ListNode, scope: Scope) -> Condition | None:
    if not node.items:
        raise Wrong(node.place, "an empty list of conditions", "write `who: everyone` for everyone")
    children = scope.problems.each(node, lambda item: read_condition(item, scope))
    found = tuple(child for child in children if child is not None)
    return found[0] if len(found) == 1 else All(found, node.place)


def _combination(combiners: list[str], fields: Fields, scope: Scope) -> Condition | None:
    parts: list[Condition] = []
    for key in combiners:
        node = fields.need(key)
        if key != "not" and not isinstance(node, ListNode):
            raise Wrong(node.place, f"`{key}` must be a list of conditions", "begin each with `- `")
        if isinstance(node, ListNode) and not node.items:
            raise Wrong(node.place, f"`{key}` is an empty list", "leave it out")
        place = fields.place_of(key)
        if key == "not":
            child = read_condition(node, scope)
            parts += [Not(child, place)] if child is not None else []
            continue
        assert isinstance(node, ListNode)
        children = scope.problems.each(node, lambda item: read_condition(item, scope))
        found = tuple(child for child in children if child is not None)
        either: Condition = All(found, place) if key == "all" else Any(found, place)
        parts.append(Not(either, place) if key == "none" else either)
    fields.taken.update(COMBINERS)
    fields.finish()
    return parts[0] if len(parts) == 1 else All(tuple(parts), fields.place)


def _leaf(kind: str, fields: Fields, scope: Scope) -> Condition | None:
    fields.what = f"{'an' if kind[0] in 'ai' else 'a'} `{kind}` condition"
    if kind in ("performed", "not_performed"):
        return read_performed(fields, scope.root, scope.timezone, depth=0)
    if kind == "has":
        root, problems = scope.root, scope.problems
        return read_related(fields, root, 1, lambda node, depth: read_row_tests(node, root, problems, depth))
    if kind == "top":
        if not scope.is_root:
            raise Wrong(fields.place_of("top"), "`top` ranks the whole audience, not members", "put it beside the block")
        return read_top(fields)
    if kind == "trait":
        return _trait(fields, scope)
    if kind in ("in_audience", "not_in_audience"):
        key_node = fields.need(kind)
        if isinstance(key_node, ListNode):
            raise Wrong(key_node.place, f"`{kind}` takes one key", "put several below `any:` or `all:`")
        member: Condition = InAudience(text_of(key_node, f"`{kind}`"), fields.place)
        fields.finish()
        return member if kind == "in_audience" else Not(member, fields.place)
    if kind == "in_list":
        return _in_list(fields)
    return _members(kind, fields, scope)


def _in_list(fields: Fields) -> InList:
    node = fields.need("in_list")
    key = text_of(node, "`in_list`")
    if not KEY.fullmatch(key):
        raise Wrong(node.place, f"`{key}` is no name of a list", "the KEY of `audiences load FILE --list KEY`")
    fields.finish()
    return InList(key, fields.place)


def _trait(fields: Fields, scope: Scope) -> TraitTest:
    path = path_of(fields.need("trait"), "`trait`")
    is_custom = path[0] == "custom" and len(path) > 1
    held = fields.take("held_for")
    held_for = None if held is None else duration_of(held, "`held_for`", calendar=False)
    comparisons = read_comparisons(fields, scope.root, parent=False)
    ignore_case = read_ignore_case(fields, comparisons)
    fields.finish()
    if held_for is not None:
        relative = next((one for one in comparisons if one.operator in RELATIVE), None)
        if relative is not None:
            raise Wrong(
                relative.place, f"`held_for` does not go with `{relative.operator}`", "a relative date changes by itself"
            )
        if any(isinstance(one.operand, Reference) for one in comparisons):
            raise Wrong(fields.place_of("held_for"), "`held_for` does not go with a reference", "compare with a value")
    return TraitTest(path[1:] if is_custom else path, comparisons, ignore_case, held_for, is_custom, fields.place)


def _members(kind: str, fields: Fields, scope: Scope) -> Condition | None:
    inner: Entity = "users" if kind == "users" else "accounts"
    if scope.of == inner:
        of = "audience of accounts" if kind == "users" else "audience of users"
        raise Wrong(fields.place_of(kind), f"`{kind}:` belongs in an {of}", "set `of:` of this audience, or move the condition")
    quantifier = fields.one_of(kind, ("any", "all", "none"))
    who = read_condition(fields.need("who"), replace(scope, of=inner, is_root=False))
    fields.finish()
    chosen: Quantifier = quantifier  # type: ignore[assignment]  # one_of checked it
    return None if who is None else Members(inner, chosen, who, fields.place)
