"""`send_to:`: the connections of an audience or a trait."""

from __future__ import annotations

import re
from decimal import Decimal

from dbt_audiences.core.definitions import Entity, Which
from dbt_audiences.core.project import RefuseAbove, SendTo
from dbt_audiences.spec.fields import Fields, Problems, text_of
from dbt_audiences.spec.nodes import ListNode, MapNode, Node, Scalar, Wrong

TRAIT_FORMS = ("identify", "events", "boolean")
_PERCENT = re.compile(r"([0-9]{1,2}(?:\.[0-9]{1,9})?)\s*%")


def read_send_to(node: ListNode | None, of: Entity, problems: Problems, *, of_trait: bool) -> tuple[SendTo, ...]:
    """Every connection; a destination may stand once."""
    if node is None:
        return ()
    sends = problems.each(node, lambda item: _send(item, of, problems, of_trait))
    seen: dict[str, SendTo] = {}
    for send in sends:
        if send.destination in seen:
            first = f"the first is on line {seen[send.destination].place.line}"
            problems.add(send.place, f"`{send.destination}` stands here twice", first)
        seen.setdefault(send.destination, send)
    return sends


def _send(node: Node, of: Entity, problems: Problems, of_trait: bool) -> SendTo:
    fields = Fields(node, "`send_to`", problems)
    destination = text_of(fields.need("destination"), "`destination`")
    as_ = _trait_form(fields) if of_trait else fields.one_of("as", ("boolean", "events", "list"))
    named = _events(fields.take("events"), problems, ("computed",) if of_trait else ("entered", "exited"))
    send = SendTo(
        destination=destination,
        as_=as_,  # type: ignore[arg-type]  # one_of checked it
        identifiers=_identifiers(fields.take("identifiers"), problems),
        traits=_traits(fields.items("traits"), problems),
        entered_event=named.get("entered", "Audience Entered"),
        exited_event=named.get("exited", "Audience Exited"),
        list_name=fields.text("list"),
        existing_members="skip" if fields.one_of("existing_members", ("send", "skip")) == "skip" else "send",
        users=fields.boolean("users", False),
        enabled=fields.boolean("enabled", True),
        refuse_above=_refuse_above(fields.take("refuse_above"), problems),
        holdout=_holdout(fields.take("holdout")),
        place=fields.place,
        computed_event=named.get("computed", "Trait Computed"),
    )
    fields.finish()
    if send.list_name is not None and as_ not in (None, "list"):
        raise Wrong(fields.place_of("list"), f"`list` names a list, and this is sent `as: {as_}`", "leave it out")
    if "events" in fields and as_ not in (None, "events"):
        word = "identify" if of_trait else as_
        raise Wrong(fields.place_of("events"), f"`events` names events, and this is sent `as: {word}`", "leave it out")
    if of_trait and "list" in fields:
        raise Wrong(fields.place_of("list"), "a trait is sent as a value: `list` belongs to an audience", "leave it out")
    if send.users and of == "users":
        raise Wrong(fields.place_of("users"), "`users: true` sends the users of accounts, and this is of users", "leave it out")
    return send


def _trait_form(fields: Fields) -> str | None:
    """A trait's `as`: `identify` is `boolean` by a better name."""
    node = fields.node.entries.get("as")
    if isinstance(node, Scalar) and node.text == "list":
        hint = "a trait is a value, which a list cannot hold: `identify` or `events`, or send an audience that tests the trait"
        raise Wrong(node.place, "a trait cannot be sent `as: list`", hint)
    word = fields.one_of("as", TRAIT_FORMS)
    return "boolean" if word == "identify" else word


def _events(node: Node | None, problems: Problems, keys: tuple[str, ...]) -> dict[str, str]:
    """The names of events that are given, by key."""
    if node is None:
        return {}
    fields = Fields(node, "`events`", problems)
    names = {key: fields.text(key) for key in keys}
    fields.finish()
    for key, name in names.items():
        if name == "":
            problems.add(fields.place_of(key), f"`{key}` is empty", "leave it out for the default")
    return {key: name for key, name in names.items() if name}


def _identifiers(node: Node | None, problems: Problems) -> dict[str, Which] | None:
    if node is None:
        return None
    if not isinstance(node, MapNode) or not node.entries:
        raise Wrong(node.place, "`identifiers` says which identifiers go", "{email: last, user_id: all}")
    fields = Fields(node, "`identifiers`", problems)
    return {name: fields.one_of(name, ("first", "last", "all")) for name in node.entries}  # type: ignore[misc]


def _traits(node: ListNode | None, problems: Problems) -> tuple[tuple[str, str], ...]:
    if node is None:
        return ()

    def read(item: Node) -> tuple[str, str]:
        if isinstance(item, MapNode):
            if len(item.entries) != 1:
                raise Wrong(item.place, "a renamed trait is one pair", "{plan: subscription_plan}")
            here, there = next(iter(item.entries.items()))
            return here, text_of(there, "the trait's name there")
        name = text_of(item, "a trait")
        return name, name

    pairs = problems.each(node, read)
    there = [pair[1] for pair in pairs]
    for pair in pairs:
        if there.count(pair[1]) > 1:
            raise Wrong(node.place, f"two traits would arrive as `{pair[1]}`", "rename one: {plan: other_name}")
    return pairs


def _refuse_above(node: Node | None, problems: Problems) -> RefuseAbove | None:
    if node is None:
        return None
    fields = Fields(node, "`refuse_above`", problems)
    limits = RefuseAbove(
        leaving_share=_share(fields.take("leaving_share"), "leaving_share"),
        leaving_count=fields.whole("leaving_count", 0),
        entering_share=_share(fields.take("entering_share"), "entering_share"),
        entering_count=fields.whole("entering_count", 0),
    )
    fields.finish()
    if limits == RefuseAbove():
        raise Wrong(node.place, "`refuse_above` needs a limit", "leaving_share: 0.2")
    return limits


def _share(node: Node | None, what: str) -> Decimal | None:
    if node is None:
        return None
    value = node.value() if isinstance(node, Scalar) else None
    most = 1 if what == "leaving_share" else 1_000_000
    if not isinstance(value, Decimal) or not 0 <= value <= most:
        raise Wrong(node.place, f"`{what}` must be a share" + (" of at most 1" if most == 1 else ""), "such as 0.2")
    return value


def _holdout(node: Node | None) -> Decimal | None:
    if node is None:
        return None
    found = _PERCENT.fullmatch(node.text.strip()) if isinstance(node, Scalar) else None
    if found is None or not Decimal(found[1]):
        raise Wrong(node.place, "`holdout` is a percentage between 0 and 100", "such as 10%")
    return Decimal(found[1]) / 100
