"""SQL traits: dbt models that say `config: {meta: {sql_trait: {of: users, identifier: user_id}}}`."""

from __future__ import annotations

from pathlib import Path

from dbt_audiences.core.definitions import Entity, Place
from dbt_audiences.core.project import Audience, SqlTrait, Trait
from dbt_audiences.spec.audience import read_every
from dbt_audiences.spec.fields import Fields, Problems, text_of
from dbt_audiences.spec.model_columns import columns_of_sql
from dbt_audiences.spec.nodes import ListNode, MapNode, Node, Scalar, Wrong
from dbt_audiences.spec.send_to import read_send_to


def read_sql_trait(root: Path, model: str, node: Node, columns: Node | None, problems: Problems) -> SqlTrait:
    """What a model declares; its traits are the columns that its yml lists and those that its SQL shows."""
    fields = Fields(node, "`meta.sql_trait`", problems)
    of: Entity = "accounts" if fields.one_of("of", ("users", "accounts")) == "accounts" else "users"
    identifier = text_of(fields.need("identifier"), "`identifier`")
    if (identifier == "group_id") != (of == "accounts"):
        wanted = "accounts are known by `group_id`" if of == "accounts" else "`group_id` is of accounts"
        hint = "identifier: group_id" if of == "accounts" else "say `of: accounts`, or take user_id, email or anonymous_id"
        raise Wrong(fields.place_of("identifier"), wanted, hint)
    keeps = fields.one_of("missing", ("unset", "keep")) == "keep"
    every = read_every(fields)
    send_to = read_send_to(fields.items("send_to"), of, problems, of_trait=True)
    fields.finish()
    listed = _listed(columns)
    shown = columns_of_sql(root, model)
    if shown is None and not listed:
        message = f"the columns of `{model}` cannot be told from its SQL"
        raise Wrong(fields.place, message, "list them below the model's name: `columns: [{name: churn_score}]`")
    named = {name: place for name, place in listed if name.lower() != identifier.lower()}
    known = {name.lower() for name in named}
    named |= {name: fields.place for name in shown or () if name.lower() not in {*known, identifier.lower()}}
    if not named:
        raise Wrong(fields.place, f"`{model}` has no column beside `{identifier}`", "each other column is a trait")
    return SqlTrait(model, of, identifier, tuple(named.items()), "keep" if keeps else "unset", every, send_to, fields.place)


def _listed(columns: Node | None) -> list[tuple[str, Place]]:
    found = []
    for column in columns.items if isinstance(columns, ListNode) else ():
        name = column.entries.get("name") if isinstance(column, MapNode) else None
        if isinstance(name, Scalar):
            found.append((name.text, name.place))
    return found


def check_sql_traits(
    sql_traits: tuple[SqlTrait, ...], audiences: dict[str, Audience], traits: dict[str, Trait], problems: Problems
) -> None:
    """Note every trait that is declared twice, by SQL or otherwise."""
    places: dict[str, tuple[str, Place]] = {}
    for one in sql_traits:
        for name, place in one.traits:
            where = f"`{one.model}` ({place})"
            if name in audiences or name in traits:
                found = audiences.get(name) or traits[name]
                what = "an audience" if name in audiences else "a computed trait"
                message = f"the SQL trait `{name}` of {where} is {what} too, at {found.place}"
                problems.add(place, message, "rename one: audiences and traits share one set of keys")
            elif name in places:
                other, first = places[name]
                message = f"`{name}` is a trait of `{one.model}` and of `{other}`, at {first}"
                problems.add(place, message, "rename the column in one of the two")
            places.setdefault(name, (one.model, place))
