"""The entries of a mapping, taken one by one with their types; what nobody took is an unknown key."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

from dbt_audiences.core.definitions import Place
from dbt_audiences.core.errors import Problem
from dbt_audiences.spec.nodes import ListNode, MapNode, Node, Scalar, Wrong

T = TypeVar("T")


class Problems:
    """Collects what is wrong, so that one reading of a project tells everything."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def attempt(self, read: Callable[..., T], *arguments: object) -> T | None:
        """The result of `read`, or None where it raised `Wrong`, which is noted."""
        try:
            return read(*arguments)
        except Wrong as wrong:
            self.found.append(wrong.problem)
            return None

    def add(self, place: Place, message: str, hint: str | None = None) -> None:
        """Note one problem."""
        self.found.append(Problem(place, message, hint))

    def each(self, node: ListNode, read: Callable[[Node], T]) -> tuple[T, ...]:
        """`read` of every item; one that is wrong does not hide the others."""
        results = [self.attempt(read, item) for item in node.items]
        return tuple(result for result in results if result is not None)


def nearest(word: str, words: Iterable[str]) -> str | None:
    """`did you mean ...?` for the most similar known word, or None."""
    known = sorted(words)
    close = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    return f"did you mean `{close[0]}`?" if close else None


def unknown(word: str, words: Iterable[str]) -> str:
    """A hint for a word that is not known: the nearest one, else all."""
    known = sorted(words)
    return nearest(word, known) or "known here: " + ", ".join(known)


class Fields:
    """A mapping being read. Every taker returns None (or the default) where the key is absent."""

    def __init__(self, node: Node, what: str, problems: Problems) -> None:
        if not isinstance(node, MapNode):
            raise Wrong(node.place, f"{what} must be a mapping of `key: value`")
        self.node = node
        self.place = node.place
        self.what = what
        self.problems = problems
        self.taken: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self.node.entries

    def place_of(self, key: str) -> Place:
        """Where the key stands; the mapping's own place where it does not."""
        return self.node.key_places.get(key, self.place)

    def take(self, key: str) -> Node | None:
        """The value's node."""
        self.taken.add(key)
        return self.node.entries.get(key)

    def need(self, key: str) -> Node:
        """The value's node; absence is a problem."""
        node = self.take(key)
        if node is None:
            raise Wrong(self.place, f"{self.what} needs `{key}:`")
        return node

    def text(self, key: str) -> str | None:
        """A text."""
        node = self.take(key)
        return None if node is None else text_of(node, f"`{key}`")

    def boolean(self, key: str, default: bool) -> bool:
        """true or false."""
        node = self.take(key)
        if node is None:
            return default
        value = node.value() if isinstance(node, Scalar) else None
        if not isinstance(value, bool):
            raise Wrong(node.place, f"`{key}` must be true or false")
        return value

    def whole(self, key: str, minimum: int) -> int | None:
        """A whole number of at least `minimum`."""
        node = self.take(key)
        return None if node is None else whole_of(node, f"`{key}`", minimum)

    def one_of(self, key: str, words: tuple[str, ...]) -> str | None:
        """One of a closed list of words."""
        node = self.take(key)
        if node is None:
            return None
        word = node.text if isinstance(node, Scalar) else ""
        if word not in words:
            raise Wrong(node.place, f"`{key}` must be one of: {', '.join(words)}", nearest(word, words))
        return word

    def texts(self, key: str) -> tuple[str, ...] | None:
        """A list of texts."""
        node = self.take(key)
        return None if node is None else texts_of(node, f"`{key}`")

    def items(self, key: str) -> ListNode | None:
        """A list of anything."""
        node = self.take(key)
        if node is not None and not isinstance(node, ListNode):
            raise Wrong(node.place, f"`{key}` must be a list")
        return node

    def refuse_together(self, *keys: str) -> None:
        """Keys of which at most one may stand."""
        present = [key for key in keys if key in self]
        if len(present) > 1:
            raise Wrong(self.place_of(present[1]), f"`{present[0]}` and `{present[1]}` do not go together")

    def finish(self) -> None:
        """Note every key that nobody took."""
        for key, place in self.node.key_places.items():
            if key not in self.taken:
                self.problems.add(place, f"`{key}` is not known in {self.what}", unknown(key, self.taken))


def text_of(node: Node, what: str) -> str:
    """A text; a number or a boolean that was not quoted is refused."""
    value = node.value() if isinstance(node, Scalar) else node
    if not isinstance(value, str):
        raise Wrong(node.place, f"{what} must be text", "quote it" if isinstance(node, Scalar) else None)
    if "\x00" in value:
        raise Wrong(node.place, f"{what} holds a NUL character, which no warehouse can store")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise Wrong(node.place, f"{what} holds half of a surrogate pair", "write the character itself")
    return value


def texts_of(node: Node, what: str) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(node, ListNode):
        raise Wrong(node.place, f"{what} must be a list")
    return tuple(text_of(item, f"an item of {what}") for item in node.items)


def whole_of(node: Node, what: str, minimum: int) -> int:
    """A whole number of at least `minimum`."""
    value = node.value() if isinstance(node, Scalar) else None
    if not isinstance(value, Decimal) or value != value.to_integral_value():
        raise Wrong(node.place, f"{what} must be a whole number")
    if not minimum <= value < 2**31:
        raise Wrong(node.place, f"{what} must be {minimum} or more" if value < minimum else f"{what} is too large")
    return int(value)


def instant_of(node: Node, what: str, timezone: str = "UTC") -> datetime:
    """An aware UTC instant; a bare date is the first instant of that day in `timezone`."""
    if not isinstance(node, Scalar):
        raise Wrong(node.place, f"{what} must be a date or time")
    at = node.instant()
    return first_instant(at.date(), timezone) if node.is_bare_date() else at


def first_instant(day: date, timezone: str) -> datetime:
    """The first instant of a local day, also where midnight does not exist or comes twice."""
    zone = ZoneInfo(timezone)
    midnight = datetime.combine(day, time.min, zone)
    at = midnight.astimezone(UTC)
    if at.astimezone(zone).date() == day and at.astimezone(zone).time() == time.min:
        return at
    # Midnight was skipped: the day begins at the change. Minutes suffice, since 1970 every change is at a whole one.
    at = at - timedelta(hours=3)
    while at.astimezone(zone).date() < day:
        at += timedelta(minutes=1)
    return at


def json_value(node: Node) -> object:
    """A value as an event or a trait carries it: as JSON would, instants as their ISO text."""
    match node:
        case MapNode(entries=entries):
            return {key: json_value(value) for key, value in entries.items()}
        case ListNode(items=items):
            return [json_value(item) for item in items]
    value = node.value()
    if isinstance(value, datetime):
        return node.text
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and abs(value) < 10**18 else json.loads(f"{value:f}")
    return value
