"""A whole audience as one model: a CTE for each condition, joined to the universe, the tree folded into one expression."""

from __future__ import annotations

from dataclasses import dataclass, field

from dbt_audiences.compile.conditions import Leaf, leaf
from dbt_audiences.compile.jinja import Call, Expression, package_call, render
from dbt_audiences.compile.tables import Tables
from dbt_audiences.core.definitions import All, Any, Condition, Everyone, Not
from dbt_audiences.core.project import Audience

MOST_JOINS = 4
"""Conditions that one CTE joins and folds; more become CTEs of their own, so that none grows beyond 25 lines."""


@dataclass(frozen=True, slots=True)
class _Term:
    """A piece of the fold: its lines of SQL, the CTEs it reads, and whether it must stand in parentheses under `and`, `not`."""

    lines: tuple[str, ...]
    reads: tuple[str, ...]
    is_group: bool = False


@dataclass(slots=True)
class _Model:
    audience: Audience
    tables: Tables
    ctes: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)


def audience_model(audience: Audience, tables: Tables, definition_hash: str) -> str:
    """The text of `models/audiences/<key>.sql`."""
    model = _Model(audience, tables)
    _add(model, "universe", render(package_call("eligible_profiles", list(audience.identifiers)), 4), comment="")
    root = _fold(model, audience.who)
    _add_fold(model, root)
    config = package_config(audience, definition_hash)
    return (
        f"-- Generated from audiences/{audience.key}.yml by `audiences compile`. Edit that file.\n"
        f"{{{{ {config} }}}}\n\nwith\n\n"
        + "\n\n".join(model.ctes)
        + "\n\nselect\n    profile_id,\n    is_member,\n    changes_at\nfrom evaluated\n"
    )


def package_config(audience: Audience, definition_hash: str) -> str:
    """The `config(...)` of an audience's model: what dbt's selectors and docs see of it."""
    meta = {str(name): _plain(value) for name, value in audience.meta.items()}
    meta |= {"definition_hash": definition_hash, "audience": audience.name}
    named: list[tuple[str, Expression]] = [("materialized", "audience"), ("schema", "audiences")]
    if not audience.enabled:
        named.append(("enabled", False))
    named += [("tags", ["audience", *audience.tags]), ("meta", meta)]
    return render(Call("config", (), tuple(named)))


def _plain(value: object) -> Expression:
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value if isinstance(value, str | int | bool) or value is None else str(value)


def _add(model: _Model, name: str, body: str, comment: str) -> None:
    model.names.add(name)
    model.ctes.append(f"{name} as ({comment}\n    {{{{ {body} }}}}\n),")


def _fold(model: _Model, node: Condition) -> _Term:
    match node:
        case Everyone():
            return _Term(("true",), ())
        case Not(child=child):
            return _negated(_fold(model, child))
        case All(children=children, place=place):
            return _joined(model, [_fold(model, child) for child in children], "and", place.line)
        case Any(children=children, place=place):
            return _joined(model, [_fold(model, child) for child in children], "or", place.line)
    one: Leaf = leaf(node, model.audience, model.tables, model.names)
    _add(model, one.name, render(one.call, 4), comment=f"  -- {one.place.file}:{one.place.line}")
    return _Term((f"coalesce({one.name}.value, {'true' if one.default else 'false'})",), (one.name,))


def _negated(term: _Term) -> _Term:
    return _Term((f"not {term.lines[0]}", *term.lines[1:]), term.reads)


def _joined(model: _Model, terms: list[_Term], word: str, line: int) -> _Term:
    """Terms under one word, in parentheses; what is too much or too deep for one CTE becomes a CTE of its own."""
    terms = [_own_cte(model, term, line) if _depth(term) > 1 else term for term in terms]
    while len(terms) > 1 and sum(len(term.reads) for term in terms) > MOST_JOINS:
        first: list[_Term] = []
        while terms and sum(len(term.reads) for term in first) + len(terms[0].reads) <= MOST_JOINS:
            first.append(terms.pop(0))
        if len(first) < 2:
            widest = max(range(len(terms)), key=lambda i: len(terms[i].reads))
            terms = first + terms
            widest += len(first)
            terms[widest] = _own_cte(model, terms[widest], line)
            continue
        terms.append(_own_cte(model, _parenthesized(first, word), line))
    return terms[0] if len(terms) == 1 else _parenthesized(terms, word)


def _parenthesized(terms: list[_Term], word: str) -> _Term:
    lines = ["("]
    for index, term in enumerate(terms):
        inner = list(term.lines)
        if index:
            inner[0] = f"{word} {inner[0]}"
        lines += [f"    {text}" for text in inner]
    lines.append(")")
    return _Term(tuple(lines), tuple(read for term in terms for read in term.reads), is_group=True)


def _depth(term: _Term) -> int:
    return max((len(text) - len(text.lstrip())) // 4 for text in term.lines)


def _own_cte(model: _Model, term: _Term, line: int) -> _Term:
    """The term as a CTE over the universe, and the term that reads it."""
    name = f"group_{sum(taken.startswith('group_') for taken in model.names) + 1}_of_line_{line}"
    model.names.add(name)
    body = "\n".join(_select(term, "value"))
    model.ctes.append(f"{name} as (  -- {model.audience.place.file}:{line}\n{body}\n),")
    return _Term((f"{name}.value",), (name,))


def _add_fold(model: _Model, root: _Term) -> None:
    body = "\n".join(_select(root, "is_member"))
    model.ctes.append(f"evaluated as (\n{body}\n)")


def _select(term: _Term, alias: str) -> list[str]:
    lines = list(_stripped(term))
    reads = list(dict.fromkeys(term.reads))
    seen = "universe.first_seen_at"
    is_root = alias == "is_member"
    if is_root:
        lines[0] = f"and {lines[0]}"
        lines.insert(0, f"{seen} <= {{{{ dbt_audiences.as_of() }}}}")
    instants = [f"'{read}.changes_at'" for read in reads]
    if is_root:
        instants.insert(0, "'universe.changes_at'")
    changes = "[\n            " + ",\n            ".join(instants) + ",\n        ]" if instants else "[dbt_audiences.never()]"
    lines[-1] += f" as {alias},"
    return [
        "    select",
        "        universe.profile_id,",
        *(f"        {text}" for text in lines),
        f"        {{{{ dbt_audiences.earliest({changes}) | indent(8) }}}} as changes_at",
        "    from universe",
        *(f"    left join {read} using (profile_id)" for read in reads),
    ]


def _stripped(term: _Term) -> tuple[str, ...]:
    """The lines of a group of `and`s without its parentheses; all else as it is."""
    if term.is_group and not any(text.startswith("    or ") for text in term.lines):
        return tuple(text[4:] for text in term.lines[1:-1])
    return term.lines
