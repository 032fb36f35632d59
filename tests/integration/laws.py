"""Laws that hold whatever a condition means: audiences made of drawn ones, and how the members of the two must lie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from tests.integration.agreement import Definitions
from tests.reference import aggregates
from tests.reference import vocabulary as words
from tests.reference.history import Event, Person

WIDER = {
    "30 seconds": "1 hour", "90 minutes": "1 day", "1 hour": "90 minutes", "24 hours": "7 days", "1 day": "7 days",
    "7 days": "2 weeks", "2 weeks": "30 days", "30 days": "365 days", "1 month": "2 months", "2 months": "1 year",
    "12 months": "13 months", "1 year": "13 months", "1 calendar_days": "2 calendar_days",
    "2 calendar_days": "7 calendar_days", "7 calendar_days": "30 calendar_days",
}  # fmt: skip
NOT_GROWING = {"at_most", "exactly", *aggregates.FUNCTIONS}
"""What may stop to hold when there are more events."""
OTHER_NAMES = {name: f"also {name}" for name in words.EVENT_NAMES}


@dataclass(frozen=True, slots=True)
class Law:
    """What must be true of the members of an audience and of those that were made of it.

    splits    the audience of its `not`, and that of everybody: the two must be disjoint, and everybody together
    within    an audience with one condition more, which must not have others
    around    an audience with a wider window, which must have them all
    alike     an audience of the same events under other names, which must have the same
    """

    of: str
    definitions: Definitions
    splits: tuple[str, str] | None = None
    within: str | None = None
    around: str | None = None
    alike: str | None = None

    def broken(self, members: Mapping[str, set[str]]) -> Iterator[tuple[str, str]]:
        """The law that is broken, and by whom."""
        of = members[self.of]
        if self.splits is not None:
            negated, everybody = (members[key] for key in self.splits)
            wrong = of & negated | (of | negated) ^ everybody
            yield from (("a condition and its not split the universe", name) for name in sorted(wrong))
        if self.within is not None:
            yield from (("one more condition adds nobody", name) for name in sorted(members[self.within] - of))
        if self.around is not None:
            yield from (("a wider window loses nobody", name) for name in sorted(of - members[self.around]))

    def broken_by_names(self, members: Mapping[str, set[str]]) -> Iterator[tuple[str, str]]:
        """The same where everybody did everything under both names."""
        if self.alike is not None:
            differing = members[self.of] ^ members[self.alike]
            yield from (("what events are called changes nothing", name) for name in sorted(differing))


def laws_of(definitions: Definitions, chance: Random) -> list[Law]:
    """Laws about some of the audiences."""
    audiences = {key: one for key, one in definitions.items() if "audience" in one and one["who"] != "everyone"}
    found = []
    for key, one in audiences.items():
        kind = chance.randrange(6)
        if kind == 0:
            found.append(split(one, key))
        elif kind == 1:
            within = f"{key}_within"
            same_kind = [other for other in audiences.values() if other.get("of") == one.get("of")]
            also = chance.choice(same_kind)["who"]
            found.append(Law(key, {within: _made(one, within, {"all": [one["who"], {"not": also}]})}, within=within))
        elif kind == 2 and "'*'" not in repr(definitions):
            alike = f"{key}_alike"
            if not any(name in repr(one["who"]) for name in definitions):
                found.append(Law(key, {alike: _made(one, alike, _under_other_names(one["who"]))}, alike=alike))
        if (wider := _wider(one["who"])) is not None:
            around = f"{key}_around"
            found.append(Law(key, {around: _made(one, around, wider)}, around=around))
    return found


def split(one: dict[str, Any], key: str) -> Law:
    """The audience, its `not`, and everybody."""
    negated, everybody = f"{key}_not", f"{key}_universe"
    made = {negated: _made(one, negated, {"not": one["who"]}), everybody: _made(one, everybody, "everyone")}
    return Law(key, made, splits=(negated, everybody))


def _made(one: dict[str, Any], key: str, who: Any) -> dict[str, Any]:
    return {**one, "audience": key, "who": who}


def _wider(who: Any) -> dict[str, Any] | None:
    """The same condition with the next longer window, where it asks for at least so many events within one."""
    if not isinstance(who, dict) or "performed" not in who or NOT_GROWING & set(who):
        return None
    wider = WIDER.get(who.get("within", ""))
    return None if wider is None else {**who, "within": wider}


def _under_other_names(value: Any) -> Any:
    if isinstance(value, list):
        return [_under_other_names(under) for under in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _renamed(under) if name in ("performed", "not_performed") else _under_other_names(under)
        for name, under in value.items()
    }


def _renamed(names: Any) -> Any:
    return [OTHER_NAMES[name] for name in names] if isinstance(names, list) else OTHER_NAMES[names]


def with_everything_under_both_names(person: Person) -> Person:
    """Somebody who did each thing once more under its other name at the same time, which those who ask for the first ignore."""
    others: list[Event] = []
    for event in person.events:
        message_id = event.message_id and f"{event.message_id}-also"
        others.append(replace(event, name=OTHER_NAMES.get(event.name, f"also {event.name}"), message_id=message_id))
    return replace(person, events=[*person.events, *others])
