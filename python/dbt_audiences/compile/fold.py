"""A tree of conditions -> one expression over the universe, joined to the CTEs of its leaves."""

from __future__ import annotations

from dataclasses import dataclass

from dbt_audiences.compile.conditions import leaf
from dbt_audiences.compile.conditions.members import as_members, members
from dbt_audiences.compile.scene import Scene
from dbt_audiences.core.definitions import All, Any, Condition, Everyone, Not, Place

MOST_JOINS = 4
"""Conditions that one CTE joins and folds; more become CTEs of their own, so that none grows beyond 25 lines."""


@dataclass(frozen=True, slots=True)
class Term:
    """A piece of the fold: its lines of SQL, the CTEs it reads, and whether it must stand in parentheses under `and`, `not`."""

    lines: tuple[str, ...]
    reads: tuple[str, ...]
    is_group: bool = False


def folded(node: Condition, scene: Scene, universe: str) -> Term:
    """Adds the CTEs of a tree, and gives the expression of its value over `universe` and what it reads."""
    match node:
        case Everyone():
            return Term(("true",), ())
        case Not(child=child):
            return _negated(folded(child, scene, universe))
        case All(children=children, place=place):
            return _joined([folded(child, scene, universe) for child in children], "and", scene, universe, place)
        case Any(children=children, place=place):
            return _joined([folded(child, scene, universe) for child in children], "or", scene, universe, place)
    block = as_members(node, scene)
    one = leaf(node, scene) if block is None else members(block, scene, judged)
    return Term((f"coalesce({one.cte}.value, {'true' if one.default else 'false'})",), (one.cte, *one.turning))


def judged(who: Condition, scene: Scene, universe: str, name: str, *, is_timed: bool) -> str:
    """Adds the CTEs of a tree and one with its value for each of `universe`, and gives the name of that."""
    return scene.ctes.add_sql(name, select(folded(who, scene, universe), "value", universe, is_timed=is_timed))


def select(term: Term, alias: str, universe: str, also: str | None = None, *, is_timed: bool = False) -> str:
    """The term over a universe as SQL that yields `profile_id`, `alias` and `changes_at`, indented by four spaces.

    also      an expression that must hold too; the universe's own `changes_at` counts then
    is_timed  it counts in any case
    """
    lines = list(_stripped(term))
    reads = list(dict.fromkeys(term.reads))
    instants = [f"'{read}.changes_at'" for read in reads]
    if also is not None:
        lines[0] = f"and {lines[0]}"
        lines.insert(0, also)
    if is_timed or also is not None:
        instants.insert(0, f"'{universe}.changes_at'")
    changes = "[\n            " + ",\n            ".join(instants) + ",\n        ]" if instants else "[dbt_audiences.never()]"
    lines[-1] += f" as {alias},"
    return "\n".join(
        (
            "    select",
            f"        {universe}.profile_id,",
            *(f"        {text}" for text in lines),
            f"        {{{{ dbt_audiences.earliest({changes}) | indent(8) }}}} as changes_at",
            f"    from {universe}",
            *(f"    left join {read} using (profile_id)" for read in reads),
        )
    )


def _negated(term: Term) -> Term:
    return Term((f"not {term.lines[0]}", *term.lines[1:]), term.reads)


def _joined(terms: list[Term], word: str, scene: Scene, universe: str, place: Place) -> Term:
    """Terms under one word, in parentheses; what is too much or too deep for one CTE becomes a CTE of its own."""
    terms = [_own_cte(term, scene, universe, place) if _depth(term) > 1 else term for term in terms]
    while len(terms) > 1 and sum(len(term.reads) for term in terms) > MOST_JOINS:
        first: list[Term] = []
        while terms and sum(len(term.reads) for term in first) + len(terms[0].reads) <= MOST_JOINS:
            first.append(terms.pop(0))
        if len(first) < 2:
            terms = first + terms
            widest = max(range(len(terms)), key=lambda i: len(terms[i].reads))
            terms[widest] = _own_cte(terms[widest], scene, universe, place)
            continue
        terms.append(_own_cte(_parenthesized(first, word), scene, universe, place))
    return terms[0] if len(terms) == 1 else _parenthesized(terms, word)


def _parenthesized(terms: list[Term], word: str) -> Term:
    lines = ["("]
    for index, term in enumerate(terms):
        inner = list(term.lines)
        if index:
            inner[0] = f"{word} {inner[0]}"
        lines += [f"    {text}" for text in inner]
    lines.append(")")
    return Term(tuple(lines), tuple(read for term in terms for read in term.reads), is_group=True)


def _depth(term: Term) -> int:
    return max((len(text) - len(text.lstrip())) // 4 for text in term.lines)


def _own_cte(term: Term, scene: Scene, universe: str, place: Place) -> Term:
    """The term as a CTE over the universe, and the term that reads it."""
    number = sum(taken.startswith("group_") for taken in scene.ctes.names) + 1
    name = scene.ctes.add_sql(f"group_{number}_of_line_{place.line}", select(term, "value", universe), place)
    return Term((f"{name}.value",), (name,))


def _stripped(term: Term) -> tuple[str, ...]:
    """The lines of a group of `and`s without its parentheses; all else as it is."""
    if term.is_group and not any(text.startswith("    or ") for text in term.lines):
        return tuple(text[4:] for text in term.lines[1:-1])
    return term.lines
