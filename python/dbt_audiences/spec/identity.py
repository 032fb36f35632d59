"""`identity.yml` -> `Identity`: types of identifiers of the project's own, and what identifies nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import get_args

from dbt_audiences.core.definitions import Place
from dbt_audiences.core.identity import ACCOUNT, STANDARD, Custom, From, Identity, Limit, Normalize, Period, ProfileLimits
from dbt_audiences.core.phones import PhoneRule
from dbt_audiences.core.project import Audience, SendTo, SqlTrait, Trait
from dbt_audiences.spec.fields import Fields, Problems, nearest, text_of
from dbt_audiences.spec.nodes import MapNode, Node, Scalar, Wrong, read_yaml
from dbt_audiences.spec.patterns import check_pattern
from dbt_audiences.spec.phones import read_region

FILE = "identity.yml"
SOURCES: tuple[From, ...] = get_args(From)
WAYS: tuple[Normalize, ...] = get_args(Normalize)
NAME = r"[a-z][a-z0-9_]{0,49}"
RESERVED = ("account_id", ACCOUNT, "key", "name", "references")
"""Words that mean something else where types of identifiers are named."""
PERIODS: dict[str, Period | None] = {"ever": None, "weekly": "week", "monthly": "month", "yearly": "year"}


@dataclass(frozen=True, slots=True)
class _Said:
    """What was read so far."""

    custom: dict[str, Custom] = field(default_factory=dict)
    normalize: dict[str, Normalize] = field(default_factory=dict)
    blocked: dict[str, tuple[str, ...]] = field(default_factory=dict)
    blocked_patterns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    limits: dict[str, Limit | None] = field(default_factory=dict)
    regions: dict[str, PhoneRule] = field(default_factory=dict)


def read_identity(root: Path, problems: Problems) -> Identity | None:
    """What the project's file says, if it has one; None where it could not be read, which is noted."""
    path = root / FILE
    if not path.is_file():
        return Identity()
    before = len(problems.found)
    found = problems.attempt(lambda: _identity(read_yaml(root, path), problems))
    return found if len(problems.found) == before else None


def _identity(node: Node, problems: Problems) -> Identity:
    fields = Fields(node, f"`{FILE}`", problems)
    types = fields.take("identifiers")
    said = _Said()
    _blocked(fields, "*", said)
    region = fields.take("default_region")
    if types is not None:
        problems.attempt(_types, types, said, problems)
    if region is not None:
        problems.attempt(_region_of_all, region, said)
    aliases_link = fields.one_of("alias", ("link", "ignore")) != "ignore"
    priority = _priority(fields, said)
    limits = fields.take("limits")
    profile_limits = None if limits is None else problems.attempt(_profile_limits, limits, problems)
    fields.finish()
    return Identity(
        said.custom, said.normalize, said.blocked, said.blocked_patterns, aliases_link, priority, said.limits,
        profile_limits or ProfileLimits(), said.regions,
    )  # fmt: skip


def _priority(fields: Fields, said: _Said) -> tuple[str, ...]:
    names = fields.distinct("priority") or ()
    known = (*STANDARD, *said.custom)
    for name in names:
        if name not in known:
            hint = nearest(name, known) or "types of your own stand below `identifiers:`"
            fields.problems.add(fields.place_of("priority"), f"`{name}` is no type of identifier", hint)
    return names


def _profile_limits(node: Node, problems: Problems) -> ProfileLimits:
    fields = Fields(node, "`limits`", problems)
    found = {}
    for word in ("merges", "identifiers", "shared_by"):
        limit = fields.take(word)
        if limit is not None:
            found[word] = problems.attempt(_count, limit, f"`{word}`")
    fields.finish()
    return ProfileLimits(**found)


def _take_limit(name: str, node: Node, said: _Said) -> None:
    said.limits[name] = _limit(node)


def _limit(node: Node) -> Limit | None:
    """`5`, `5 weekly` or `none`."""
    value = node.value() if isinstance(node, Scalar) else None
    if not isinstance(value, str) or value == "none":
        count = _count(node, "`limit`")
        return None if count is None else Limit(count)
    number, _, period = value.partition(" ")
    if not number.isdecimal() or not 0 < int(number) < 2**31 or period not in PERIODS:
        raise Wrong(node.place, f"`{value}` is no limit", f"such as 5, or `5 {'`, `5 '.join(PERIODS)}`; `none` is no limit")
    return Limit(int(number), PERIODS[period])


def _count(node: Node, what: str) -> int | None:
    """A number of one or more, or `none`."""
    value = node.value() if isinstance(node, Scalar) else None
    if value == "none":
        return None
    if not isinstance(value, Decimal) or value != value.to_integral_value() or not 0 < value < 2**31:
        raise Wrong(node.place, f"{what} is a whole number, 1 or more", "such as 5; `none` is no limit")
    return int(value)


def _region_of_all(node: Node, said: _Said) -> None:
    """The region of every type of phone numbers that says none itself."""
    rule = read_region(text_of(node, "`default_region`"), node.place)
    types = [name for name, way in said.normalize.items() if way == "phone"]
    if not types:
        raise Wrong(node.place, "`default_region` is of phone numbers, and there are none", "say `normalize: phone` of a type")
    said.regions.update({name: rule for name in types if name not in said.regions})


def _take_region(name: str, node: Node, said: _Said) -> None:
    if said.normalize.get(name) != "phone":
        raise Wrong(node.place, f"`default_region` is of phone numbers, and `{name}` is none", "say `normalize: phone` too")
    said.regions[name] = read_region(text_of(node, "`default_region`"), node.place)


def _types(node: Node, said: _Said, problems: Problems) -> None:
    if not isinstance(node, MapNode) or not node.entries:
        raise Wrong(node.place, "`identifiers` is a mapping of types to what is said of them", "{phone: {trait: phone}}")
    for name, value in node.entries.items():
        problems.attempt(_type, name, node.key_places[name], value, said, problems)


def _type(name: str, place: Place, node: Node, said: _Said, problems: Problems) -> None:
    fields = Fields(node, f"`{name}`", problems)
    if name in STANDARD:
        _refuse_source(name, fields)
    else:
        _check_name(name, place)
        said.custom[name] = _source(name, place, fields)
    limit = fields.take("limit")
    if limit is not None:
        problems.attempt(_take_limit, name, limit, said)
    if fields.take("priority") is not None:
        hint = "say it once, of all types: `priority: [user_id, email]`"
        fields.problems.add(fields.place_of("priority"), "`priority` is not said of one type", hint)
    way = fields.one_of("normalize", ("lower_trim",) if name == "email" else WAYS)
    if way is not None:
        said.normalize[name] = way  # type: ignore[assignment]  # one_of checked it
    region = fields.take("default_region")
    if region is not None:
        problems.attempt(_take_region, name, region, said)
    _blocked(fields, name, said)
    fields.finish()


def _check_name(name: str, place: Place) -> None:
    if name in RESERVED:
        what = "is what accounts are known by" if name == ACCOUNT else "means something else where types are named"
        raise Wrong(place, f"`{name}` {what}", "choose another name")
    if not re.fullmatch(NAME, name):
        hint = nearest(name, STANDARD) or "a letter, then letters, digits and `_`, all lower case, at most 50"
        raise Wrong(place, f"`{name}` is no type of identifier", hint)


def _refuse_source(name: str, fields: Fields) -> None:
    for source in SOURCES:
        if fields.take(source) is not None:
            hint = "leave it out; a type under another name can be read from there"
            fields.problems.add(fields.place_of(source), f"`{name}` is read from its own places", hint)


def _source(name: str, place: Place, fields: Fields) -> Custom:
    fields.refuse_together(*SOURCES)
    for source in SOURCES:
        node = fields.take(source)
        if node is not None:
            key = text_of(node, f"`{source}`")
            if not key:
                raise Wrong(node.place, f"`{source}` is empty", "give the name that it has in the calls")
            return Custom(source, key)
    known = ("normalize", "blocked", "blocked_patterns", "limit", "priority", "default_region")
    rest = [key for key in fields.node.entries if key not in known]
    meant = [(key, hint) for key in rest if (hint := nearest(key, SOURCES)) is not None]
    if meant:
        raise Wrong(fields.place_of(meant[0][0]), f"`{meant[0][0]}` is not known in `{name}`", meant[0][1])
    hint = nearest(name, STANDARD) or f"such as {{trait: {name}}}; or `property:`, or `external_id:`"
    raise Wrong(place, f"nothing says where `{name}` is read from", hint)


def _blocked(fields: Fields, name: str, said: _Said) -> None:
    written = Identity(normalize=said.normalize)
    values = fields.distinct("blocked")
    for value in values or ():
        normal = written.normal(name, value) if name != "*" else value
        if normal != value:
            hint = f"write `{normal}`: values are normalized before they are compared" if normal else "leave it out"
            fields.problems.add(fields.place_of("blocked"), f"`{value}` is no `{name}` once it is normalized", hint)
    if values:
        said.blocked[name] = values
    patterns = fields.distinct("blocked_patterns")
    for pattern in patterns or ():
        try:
            check_pattern(pattern, fields.place_of("blocked_patterns"))
        except Wrong as wrong:
            found = wrong.problem
            fields.problems.add(found.place, found.message.replace("`matches`", "`blocked_patterns`"), found.hint)
    if patterns:
        said.blocked_patterns[name] = patterns


def check_identifiers(
    definitions: Iterable[Audience | Trait], sql_traits: Iterable[SqlTrait], identity: Identity, problems: Problems
) -> None:
    """Note every type of identifier that is named and neither a standard one nor one of `identity.yml`."""
    known = identity.types
    for place, name in (*(pair for one in definitions for pair in _named(one)), *_named_by_models(sql_traits)):
        if name not in known:
            meant, own = nearest(name, known), f"types of your own stand below `identifiers:` in {FILE}"
            hint = own if meant is None else f"{meant} {own[0].upper()}{own[1:]}"
            problems.add(place, f"`{name}` is no type of identifier of users", hint)


def _named(one: Audience | Trait) -> Iterator[tuple[Place, str]]:
    if isinstance(one, Audience):
        given = (kind for example in one.examples for person in example.given for kind in person.identifiers)
        yield from dict.fromkeys((one.place, kind) for kind in (*one.identifiers, *given))
    for send in one.send_to:
        yield from _of_send(send, is_of_accounts=one.of == "accounts")


def _named_by_models(sql_traits: Iterable[SqlTrait]) -> Iterator[tuple[Place, str]]:
    for one in sql_traits:
        if one.of == "users":
            yield one.place, one.identifier
        for send in one.send_to:
            yield from _of_send(send, is_of_accounts=one.of == "accounts")


def _of_send(send: SendTo, *, is_of_accounts: bool) -> Iterator[tuple[Place, str]]:
    yield from ((send.place, kind) for kind in send.identifiers or () if not (is_of_accounts and kind == ACCOUNT))
