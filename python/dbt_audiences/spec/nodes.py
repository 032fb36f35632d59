"""A YAML file as nodes that know their place, by the scalar rules of YAML 1.2.

PyYAML composes the tree; its YAML 1.1 readings (`NO` as false, `12:30` as a number of seconds) are not used.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TypeAlias

import yaml

from dbt_audiences.core.definitions import Place
from dbt_audiences.core.errors import Problem

MOST_NODES = 100_000
"""Nodes of one file after aliases were followed; more is a trap, not a definition."""
DEEPEST = 100
"""Nodes within nodes: about 50 conditions within conditions, or a sequence of about 50 steps."""
_MOST_EXPONENT = 1_000
_MOST_NESTED = 10_000
"""Openings in a text that libyaml may read; tens of thousands within one another would end the process."""

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOLEAN = re.compile(r"true|True|TRUE|false|False|FALSE")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[-+]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)
_TAG = re.compile(r"(?:&\S+\s+)?(!\S*)")
TOO_DEEP = "the file is nested too deeply"
_TO_QUOTE = (
    (re.compile(r"[-+]?0[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?"), "a number with leading zeros"),
    (re.compile(r"[-+]?[0-9][0-9_]*_[0-9_]*(\.[0-9_]*)?"), "a number with `_`"),
    (re.compile(r"[-+]?[0-9]+(:[0-9]{1,2})+(\.[0-9]*)?"), "a number or a time of day"),
    (re.compile(r"[-+]?0[xob][0-9a-fA-F]+"), "a hexadecimal, octal or binary number"),
    (
        re.compile(
            r"\d{4}-\d\d?-\d\d?(?:(?:[Tt]|[ \t]+)\d\d?:\d\d(?::\d\d(?:\.\d*)?)?[ \t]*(?:[Zz]|[-+]\d\d?(?::?\d\d)?)?)?",
            re.ASCII,
        ),
        "a date or time",
    ),
    (re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"), "a number that nothing compares with"),
)

Plain: TypeAlias = "str | Decimal | bool | datetime | None"


class Wrong(Exception):
    """One problem, raised while reading; the nearest list or file notes it and goes on."""

    def __init__(self, place: Place, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.problem = Problem(place, message, hint)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value: its text as written, and whether it was quoted."""

    place: Place
    text: str
    is_quoted: bool

    def value(self) -> Plain:
        """What the scalar means; raises on what reads as a number to some and as text to others."""
        text = self.text
        if self.is_quoted:
            return text
        if _NULL.fullmatch(text):
            return None
        if _BOOLEAN.fullmatch(text):
            return text.lower() == "true"
        for pattern, what in _TO_QUOTE:
            if pattern.fullmatch(text) and not _INSTANT.fullmatch(text):
                raise Wrong(self.place, f"`{text}` could be read as {what}", f'quote it if it is text: "{text}"')
        if _NUMBER.fullmatch(text):
            return self._number()
        return self.instant() if _INSTANT.fullmatch(text) else text

    def _number(self) -> Decimal:
        try:
            number = Decimal(self.text)
        except InvalidOperation:
            number = Decimal("Infinity")
        if not number.is_finite() or (number and abs(number.adjusted()) > _MOST_EXPONENT):
            raise Wrong(self.place, f"`{self.text}` is beyond every number", f'quote it if it is text: "{self.text}"')
        return number if number else Decimal(0)

    def instant(self) -> datetime:
        """The aware UTC instant that the text writes, quoted or not; without an offset it is UTC."""
        found = _INSTANT.fullmatch(self.text.strip())
        if found is None:
            raise Wrong(self.place, f"`{self.text}` is no date or time", "write 2026-03-10, or 2026-03-10T12:00:00Z")
        try:
            return _instant(found)
        except (ValueError, OverflowError) as error:
            raise Wrong(self.place, f"there is no such time as `{self.text}`", str(error)) from error

    def is_bare_date(self) -> bool:
        """Whether the text is a date without a time of day."""
        return len(self.text.strip()) == 10


def _instant(found: re.Match[str]) -> datetime:
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    at = datetime(
        int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
        int(((fraction or "") + "000000")[:6]), tzinfo=UTC,
    )  # fmt: skip
    if zone is None or zone == "Z":
        return at
    digits = zone[1:].replace(":", "").ljust(4, "0")
    if int(digits[:2]) > 23 or int(digits[2:]) > 59:
        raise ValueError("the offset must be in -23:59..+23:59")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return at - offset if zone[0] == "+" else at + offset


@dataclass(frozen=True, slots=True)
class ListNode:
    """A sequence."""

    place: Place
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapNode:
    """A mapping; `key_places` has the place of each key."""

    place: Place
    entries: dict[str, Node]
    key_places: dict[str, Place]


Node: TypeAlias = "Scalar | ListNode | MapNode"


def read_yaml(root: Path, path: Path) -> Node:
    """The tree of a file, with places relative to `root`; raises `Wrong` at the first thing that is no YAML."""
    name = path.relative_to(root).as_posix()
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise Wrong(
            Place(name, 1, 1), f"the file cannot be read: {error.strerror}", "look at its rights, and whether it is there"
        ) from error
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        raise Wrong(Place(name, line, column), "the file is not UTF-8 here", "save it as UTF-8") from error
    return parse_yaml(text.removeprefix("\ufeff"), name)


def parse_yaml(text: str, name: str) -> Node:
    """The tree of a text."""
    try:
        composed = _composed(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(name, mark.line + 1, mark.column + 1) if mark else Place(name, 1, 1)
        raise Wrong(place, *_yaml_problem(text, place, error)) from error
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        place = Place(name, before.count("\n") + 1, error.position - before.rfind("\n"))
        raise Wrong(
            place,
            f"the character #x{ord(text[error.position]):04x} is not allowed in YAML",
            "take it out, or write it as an escape in double quotes",
        ) from error
    except RecursionError as error:
        raise Wrong(Place(name, 1, 1), TOO_DEEP, "use audiences of audiences") from error
    if composed is None:
        raise Wrong(Place(name, 1, 1), "the file is empty", "remove it, or write the definition")
    return _Converter(name, text).convert(composed)


def _composed(text: str) -> yaml.Node | None:
    """By libyaml where the text is fine: it is quick, but its messages are others, and it nests on C's stack."""
    openings = sum(text.count(opening) for opening in ("[", "{", "- ", "-\t", "? ", "?\t"))
    if yaml.__with_libyaml__ and openings <= _MOST_NESTED:
        with contextlib.suppress(yaml.YAMLError, ValueError):
            composed = yaml.compose(text, Loader=yaml.CBaseLoader)
            if not _has_empty(composed):
                return composed
    return yaml.compose(text, Loader=yaml.BaseLoader)


def _has_empty(composed: yaml.Node | None) -> bool:
    """Whether a value is not there: the two parsers put it at different columns."""
    waiting, seen = [composed], set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.ScalarNode) and not node.value and not node.style:
            return True
        if isinstance(node, yaml.CollectionNode) and id(node) not in seen:
            seen.add(id(node))
            waiting += [one for item in node.value for one in (item if isinstance(item, tuple) else (item,))]
    return False


def _yaml_problem(text: str, place: Place, error: yaml.MarkedYAMLError) -> tuple[str, str | None]:
    lines = text.splitlines()
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())] or (error.problem or "").find("'\\t'") >= 0:
        return "a tab is used to indent", "YAML indents with spaces"
    at = line[place.column - 1 :]
    if at.startswith("*") or "while scanning an alias" in (error.context or ""):
        return "an unquoted `*` begins an alias in YAML", 'quote it: "*"'
    if error.problem == "but found another document":
        return "the file holds two documents", "one file is one definition"
    problem = error.problem or "this is no YAML"
    return f"this is no YAML: {problem}", f"{error.context}" if error.context else None


class _Converter:
    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.left = MOST_NODES
        self.open: set[int] = set()

    def convert(self, node: yaml.Node) -> Node:
        place = Place(self.name, node.start_mark.line + 1, node.start_mark.column + 1)
        self.left -= 1
        if self.left < 0 or id(node) in self.open:
            raise Wrong(place, "the file is too large or refers to itself here", "write it out without aliases")
        if len(self.open) > DEEPEST:
            raise Wrong(place, TOO_DEEP, "use audiences of audiences")
        tag = _TAG.match(self.text, node.start_mark.index)
        if tag is not None:
            raise Wrong(place, f"the tag `{tag[1]}` is not known here", "leave it out")
        self.open.add(id(node))
        try:
            return self._convert(node, place)
        finally:
            self.open.discard(id(node))

    def _convert(self, node: yaml.Node, place: Place) -> Node:
        if isinstance(node, yaml.ScalarNode):
            return Scalar(place, _paired(node.value), bool(node.style))
        if isinstance(node, yaml.SequenceNode):
            return ListNode(place, tuple(self.convert(item) for item in node.value))
        entries: dict[str, Node] = {}
        places: dict[str, Place] = {}
        for key, value in node.value:
            at = Place(self.name, key.start_mark.line + 1, key.start_mark.column + 1)
            if not isinstance(key, yaml.ScalarNode):
                raise Wrong(at, "a key must be a single word", "lists and mappings stand behind the colon")
            if key.value in entries:
                raise Wrong(at, f"`{key.value}` stands here twice", f"the first is on line {places[key.value].line}")
            entries[key.value] = self.convert(value)
            places[key.value] = at
        return MapNode(place, entries, places)


def _paired(text: str) -> str:
    """Two escapes that write one character as JSON does, joined; a half without its other half stays."""
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def plain(node: Node) -> object:
    """The node as plain Python: dictionaries, lists and scalars (numbers as `Decimal`)."""
    match node:
        case Scalar():
            return node.value()
        case ListNode(items=items):
            return [plain(item) for item in items]
        case MapNode(entries=entries):
            return {key: plain(value) for key, value in entries.items()}
