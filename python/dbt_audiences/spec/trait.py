"""`traits/<key>.yml` -> `Trait`: a computed trait."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from dbt_audiences.core.definitions import Count, Entity
from dbt_audiences.core.project import Trait
from dbt_audiences.spec.audience import read_every, read_key, read_meta, read_name, read_timezone
from dbt_audiences.spec.comparisons import AS_TYPES
from dbt_audiences.spec.events import read_performed
from dbt_audiences.spec.examples import read_examples
from dbt_audiences.spec.fields import Fields, Problems
from dbt_audiences.spec.nodes import MapNode, Node, Scalar, Wrong
from dbt_audiences.spec.send_to import read_send_to
from dbt_audiences.spec.values import duration_of, path_of

FUNCTIONS: tuple[str, ...] = get_args(Trait.__annotations__["function"]) or (
    "count", "sum", "avg", "min", "max", "most_frequent", "first", "last", "unique", "unique_count",
)  # fmt: skip
_EVENT_KEYS = ("performed", "where", "within", "between", "since", "until", "sources", "then", "complete_within")


def read_trait(node: Node, root: Path, stem: str, problems: Problems) -> Trait:
    """The computed trait of a file."""
    fields = Fields(node, "a computed trait", problems)
    key = read_key(fields, "trait", stem)
    of: Entity = "accounts" if fields.one_of("of", ("users", "accounts")) == "accounts" else "users"
    timezone = problems.attempt(read_timezone, fields) or "UTC"
    fields.need("performed")
    if "not_performed" in fields:
        raise Wrong(
            fields.place_of("not_performed"), "a computed trait is computed from events that were performed", "leave it out"
        )
    function = _function(fields)
    path = _path(fields, function)
    session_node = fields.take("session")
    for key_ in ("within", "between", "since", "until"):
        if session_node is not None and key_ in fields:
            raise Wrong(fields.place_of(key_), f"`session` is the trait's window: `{key_}` does not go with it", "choose one")
    if function != "most_frequent" and "at_least" in fields:
        raise Wrong(fields.place_of("at_least"), "`at_least` of a trait belongs to `most_frequent`", "leave it out")
    as_word = fields.one_of("as", tuple(AS_TYPES))
    if function not in ("min", "max") and "as" in fields:
        raise Wrong(fields.place_of("as"), f"`as` belongs to `min` and `max`, not to `{function}`", "leave it out")
    event = MapNode(
        fields.place,
        {name: value for name, value in fields.node.entries.items() if name in _EVENT_KEYS},
        {name: place for name, place in fields.node.key_places.items() if name in _EVENT_KEYS},
    )
    fields.taken.update(_EVENT_KEYS)
    performed = read_performed(Fields(event, "a computed trait", problems), root, timezone, depth=0)
    session = None if session_node is None else duration_of(session_node, "`session`", calendar=False)
    trait = Trait(
        key=key,
        name=read_name(fields, key),
        description=fields.text("description") or "",
        of=of,
        owner=fields.text("owner"),
        folder=fields.text("folder"),
        enabled=fields.boolean("enabled", True),
        function=function,  # type: ignore[arg-type]  # _function checked it
        path=path,
        at_least=fields.whole("at_least", 1) or (2 if function == "most_frequent" else 1),
        as_type=AS_TYPES[as_word] if as_word is not None else None,
        performed=performed,
        session=session,
        timezone=timezone,
        every=read_every(fields),
        tags=fields.distinct("tags") or (),
        meta=read_meta(fields),
        send_to=read_send_to(fields.items("send_to"), of, problems, of_trait=True),
        examples=read_examples(fields.items("examples"), of, problems, of_trait=True),
        place=fields.place,
    )
    fields.finish()
    assert isinstance(trait.performed.measure, Count)
    return trait


def _function(fields: Fields) -> str:
    present = [name for name in FUNCTIONS if name in fields]
    if len(present) != 1:
        raise Wrong(fields.place, "a computed trait needs exactly one of: " + ", ".join(FUNCTIONS), "such as `sum: revenue`")
    return present[0]


def _path(fields: Fields, function: str) -> tuple[str, ...] | None:
    node = fields.need(function)
    if function != "count":
        return path_of(node, f"`{function}`")
    if not isinstance(node, Scalar) or node.value() is not True:
        raise Wrong(node.place, "`count` counts events: write `count: true`", "`unique_count: property` counts values")
    return None
