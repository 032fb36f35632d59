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
    found = _closest(word, words)
    return None if found is None else f"did you mean `{found}`?"


def _closest(word: str, words: Iterable[str]) -> str | None:
    known = {known.lower(): known for known in sorted(words)}
    close = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return known[close[0]] if close else None


def unknown(word: str, words: Iterable[str]) -> str:
    """A hint for a word that is not known: the nearest one, else all."""
    known = sorted(words)
    return nearest(word, known) or "known here: " + ", ".join(known)


class Fields:
    """A mapping being read. Every taker returns None (or the default) where the key is absent.

    The typed takers (`text`, `boolean`, ...) note a wrong value and go on as if the key were absent, so that one reading tells
    more; `need` raises.
    """

    def __init__(self, node: Node, what: str, problems: Problems) -> None:
        if not isinstance(node, MapNode):
            raise Wrong(node.place, f"{what} must be a mapping of `key: value`", "such as {key: value}, or a line for each key")
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
            rest = [other for other in self.node.entries if other not in self.taken]
            meant = _closest(key, rest)
            if meant is not None:
                self.taken.add(meant)
                raise Wrong(self.place_of(meant), f"`{meant}` is not known in {self.what}", f"did you mean `{key}`?")
            raise Wrong(self.place, f"{self.what} needs `{key}:`", f"add `{key}: ...` here")
        return node

    def _noted(self, key: str, read: Callable[[Node], T]) -> T | None:
        node = self.take(key)
        return None if node is None else self.problems.attempt(read, node)

    def text(self, key: str) -> str | None:
        """A text."""
        return self._noted(key, lambda node: text_of(node, f"`{key}`"))

    def boolean(self, key: str, default: bool) -> bool:
        """true or false."""
        value = self._noted(key, lambda node: boolean_of(node, f"`{key}`"))
        return default if value is None else value

    def whole(self, key: str, minimum: int) -> int | None:
        """A whole number of at least `minimum`."""
        return self._noted(key, lambda node: whole_of(node, f"`{key}`", minimum))

    def one_of(self, key: str, words: tuple[str, ...]) -> str | None:
        """One of a closed list of words."""

        def read(node: Node) -> str:
            word = node.text if isinstance(node, Scalar) else ""
            if word not in words:
                raise Wrong(
                    node.place, f"`{key}` must be one of: {', '.join(words)}", nearest(word, words) or f"such as {words[0]}"
                )
            return word

        return self._noted(key, read)

    def texts(self, key: str) -> tuple[str, ...] | None:
        """A list of texts."""
        return self._noted(key, lambda node: texts_of(node, f"`{key}`"))

    def distinct(self, key: str) -> tuple[str, ...] | None:
        """A list of different texts, not an empty one."""
        return self._noted(key, lambda node: distinct_of(node, f"`{key}`"))

    def items(self, key: str) -> ListNode | None:
        """A list of anything."""

        def read(node: Node) -> ListNode:
            if not isinstance(node, ListNode):
                raise Wrong(node.place, f"`{key}` must be a list", "begin each item with `- `")
            return node

        return self._noted(key, read)

    def refuse_together(self, *keys: str) -> None:
        """Keys of which at most one may stand."""
        present = [key for key in keys if key in self]
        if len(present) > 1:
            raise Wrong(self.place_of(present[1]), f"`{present[0]}` and `{present[1]}` do not go together", "leave one out")

    def finish(self) -> None:
        """Note every key that nobody took."""
        for key, place in self.node.key_places.items():
            if key not in self.taken:
                self.problems.add(place, f"`{key}` is not known in {self.what}", unknown(key, self.taken))


def boolean_of(node: Node, what: str) -> bool:
    """true or false; `yes`, `on` and `1` are none."""
    value = node.value() if isinstance(node, Scalar) else None
    if not isinstance(value, bool):
        meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(str(value).lower())
        raise Wrong(
            node.place, f"{what} must be true or false", f"`{value}` is a text: write {meant}" if meant else "without quotes"
        )
    return value


def text_of(node: Node, what: str) -> str:
    """A text; a number or a boolean that was not quoted is refused."""
    value = node.value() if isinstance(node, Scalar) else node
    if value is None:
        raise Wrong(node.place, f"{what} is empty", "give it a text")
    if not isinstance(value, str):
        raise Wrong(
            node.place,
            f"{what} must be text",
            "quote it" if isinstance(node, Scalar) else "a single value, in quotes where it is no plain word",
        )
    if "\x00" in value:
        raise Wrong(node.place, f"{what} holds a NUL character, which no warehouse can store", "take it out")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise Wrong(node.place, f"{what} holds half of a surrogate pair", "write the character itself")
    return value


def texts_of(node: Node, what: str) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(node, ListNode):
        raise Wrong(node.place, f"{what} must be a list", "such as [a, b]")
    return tuple(text_of(item, f"an item of {what}") for item in node.items)


def distinct_of(node: Node, what: str) -> tuple[str, ...]:
    """A list of different texts, at least one, none of them empty."""
    texts = texts_of(node, what)
    if not texts:
        raise Wrong(node.place, f"{what} is an empty list", "leave it out")
    if "" in texts:
        raise Wrong(node.place, f"{what} holds an empty text", "leave it out")
    twice = next((text for index, text in enumerate(texts) if text in texts[:index]), None)
    if twice is not None:
        raise Wrong(node.place, f"`{twice}` stands twice in {what}", "name it once")
    return texts


def whole_of(node: Node, what: str, minimum: int) -> int:
    """A whole number of at least `minimum`."""
    value = node.value() if isinstance(node, Scalar) else None
    if not isinstance(value, Decimal) or value != value.to_integral_value():
        raise Wrong(node.place, f"{what} must be a whole number", "such as 3, without quotes")
    if value < minimum:
        hint = "0 or more always holds: leave it out" if minimum == 1 and value == 0 else f"such as {minimum}"
        raise Wrong(node.place, f"{what} must be {minimum} or more", hint)
    if value >= 2**31:
        raise Wrong(node.place, f"{what} is too large", "2147483647 is the most")
    return int(value)


def instant_of(node: Node, what: str, timezone: str = "UTC") -> datetime:
    """An aware UTC instant; a bare date is the first instant of that day in `timezone`."""
    if not isinstance(node, Scalar):
        raise Wrong(node.place, f"{what} must be a date or time", "2026-03-10, or 2026-03-10T12:00:00Z")
    at = node.instant()
    if not node.is_bare_date():
        return at
    try:
        return first_instant(at.date(), timezone)
    except OverflowError as error:
        raise Wrong(node.place, f"there is no such time as `{node.text}` in {timezone}", "years go from 1 to 9999") from error


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
