"""Related tables: dbt models that say `config: {meta: {entity: {name: subscriptions, user_id: customer_id}}}`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dbt_audiences.core.definitions import All, Any, Condition, Entity, Members, Not, Related, Where
from dbt_audiences.core.project import Audience, RelatedTable
from dbt_audiences.spec.fields import Fields, Problems, text_of, unknown
from dbt_audiences.spec.nodes import MapNode, Node, Wrong

_NAME = re.compile(r"(?=.{1,30}$)[a-z][a-z0-9]*(?:_[a-z0-9]+)*")


def read_related_table(model: str, node: Node, types: Sequence[str], problems: Problems) -> RelatedTable:
    """What a model declares; `types` are those of identifiers, by which users own rows."""
    fields = Fields(node, "`meta.entity`", problems)
    name = text_of(fields.need("name"), "`name`")
    if not _NAME.fullmatch(name):
        raise Wrong(
            fields.need("name").place,
            f"`{name}` is no name of related rows",
            "a letter, then a-z, 0-9 and single _; 30 at most",
        )
    key = fields.text("key")
    given = [kind for kind in types if kind in fields]
    if len(given) > 1:
        raise Wrong(fields.place_of(given[1]), f"`{given[0]}` and `{given[1]}` both say whose a row is", "leave one out")
    owners: dict[Entity, tuple[str, str]] = {}
    for kind in given:
        owners["users"] = (kind, text_of(fields.need(kind), f"`{kind}`"))
    if "account_id" in fields:
        owners["accounts"] = ("group_id", text_of(fields.need("account_id"), "`account_id`"))
    references = _references(fields)
    fields.finish()
    if not owners and not references and key is None:
        hint = "give the column of `user_id`, `account_id` or another identifier, or a `key:` that others refer to"
        raise Wrong(fields.place, f"nothing leads to the rows of `{name}`", hint)
    return RelatedTable(name, model, key, owners, references, fields.place)


def _references(fields: Fields) -> dict[str, str]:
    node = fields.take("references")
    if node is None:
        return {}
    if not isinstance(node, MapNode):
        raise Wrong(node.place, "`references` is a mapping of a table's name to the column here", "{products: product_id}")
    return {name: text_of(value, f"`{name}`") for name, value in node.entries.items()}


def check_tables(tables: tuple[RelatedTable, ...], problems: Problems) -> dict[str, RelatedTable]:
    """The tables by name, with every name that is declared twice and every reference that leads nowhere noted."""
    known: dict[str, RelatedTable] = {}
    for table in tables:
        if table.name in known:
            other = known[table.name]
            message = f"`{table.name}` is what `{other.model}` calls its rows, at {other.place}"
            problems.add(table.place, message, "each table needs a name of its own")
        known.setdefault(table.name, table)
    for table in known.values():
        for name in table.references:
            if name not in known:
                problems.add(table.place, f"`{table.name}` refers to `{name}`, which no model declares", unknown(name, known))
            elif known[name].key is None:
                message = f"`{table.name}` refers to `{name}`, which has no `key:`"
                problems.add(table.place, message, f"say in `{known[name].model}` which column others refer to")
    return known


def check_related(audiences: dict[str, Audience], known: dict[str, RelatedTable], problems: Problems) -> None:
    """Note every `has:` of rows that are not known, not of whom is judged, or not tied to the rows above."""
    for audience in audiences.values():
        _condition(audience.who, audience.of, known, problems)


def _condition(node: Condition, of: Entity, known: dict[str, RelatedTable], problems: Problems) -> None:
    match node:
        case All(children=children) | Any(children=children):
            for child in children:
                _condition(child, of, known, problems)
        case Not(child=child):
            _condition(child, of, known, problems)
        case Members():
            _condition(node.who, node.of, known, problems)
        case Related():
            table = _table(node, known, problems)
            if table is None:
                return
            if of not in table.owners:
                others = "".join(f", but of {other}" for other in table.owners)
                hint = "say in its model whose a row is: " + (
                    "`user_id: <column>`" if of == "users" else "`account_id: <column>`"
                )
                problems.add(node.place, f"rows of `{node.table}` are not of {of}{others}", hint)
            _below(node.where, table, known, problems)


def _table(node: Related, known: dict[str, RelatedTable], problems: Problems) -> RelatedTable | None:
    table = known.get(node.table)
    if table is None:
        hint = unknown(node.table, known) if known else "a dbt model declares them by `config: {meta: {entity: ...}}`"
        problems.add(node.place, f"no model declares rows called `{node.table}`", hint)
    return table


def _below(where: Where | None, above: RelatedTable, known: dict[str, RelatedTable], problems: Problems) -> None:
    match where:
        case All(children=children) | Any(children=children):
            for child in children:
                _below(child, above, known, problems)
        case Not(child=child):
            _below(child, above, known, problems)
        case Related():
            table = _table(where, known, problems)
            if table is None:
                return
            if link_of(above, table) is None:
                message = f"nothing ties `{where.table}` to `{above.name}`"
                hint = f"say `references: {{{where.table}: <column>}}` in `{above.model}`, or the other way round"
                problems.add(where.place, message, hint)
            _below(where.where, table, known, problems)


def link_of(above: RelatedTable, below: RelatedTable) -> tuple[str, str] | None:
    """The columns of the two tables that are equal for rows that belong together; the upper one's own reference goes first."""
    if below.name in above.references and below.key is not None:
        return above.references[below.name], below.key
    if above.name in below.references and above.key is not None:
        return above.key, below.references[above.name]
    return None
