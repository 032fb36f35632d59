"""What is personal, by the names of the columns that hold it, and taken out of what is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

MASK = "***"
_SHORTEST_PART = 4
"""A shorter text is part of many words."""
_SHORTEST_NUMBER = 7
_NO_DIGITS = re.compile(r"[^0-9]")


@dataclass(frozen=True, slots=True)
class Personal:
    """Names of columns, in lower case, whose values are masked; a name stands for the trait, property and identifier too."""

    names: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.names)

    def has(self, name: str) -> bool:
        """Whether what is called so is personal; of a path its first word says it."""
        return name.lower().partition(".")[0] in self.names

    def renamed(self, pairs: Iterable[tuple[str, str]]) -> Personal:
        """The same where columns go by other names: (name here, name there)."""
        return replace(self, names=self.names | {there.lower() for here, there in pairs if self.has(here)})

    def row(self, columns: Sequence[str], row: Sequence[object]) -> tuple[object, ...]:
        """A row with the personal columns masked; null stays, as it says nothing of anybody."""
        return tuple(MASK if value is not None and self.has(name) else value for name, value in zip(columns, row, strict=True))

    def of(self, name: str, value: object, hidden: Hidden | None = None) -> object:
        """What goes by a name: masked where that is personal, else as `content` gives it."""
        return MASK if value is not None and self.has(name) else self.content(value, hidden)

    def content(self, value: object, hidden: Hidden | None = None) -> object:
        """A JSON value without what stands under a personal key, and without these texts."""
        if isinstance(value, Mapping):
            return {key: self.of(str(key), item, hidden) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.content(item, hidden) for item in value]
        return hidden.out_of(value) if hidden is not None and isinstance(value, str) else value

    def values(self, value: object) -> Iterator[str]:
        """The texts that stand under personal keys of a JSON value; `{type, id}` is an identifier of that type."""
        if isinstance(value, Mapping):
            if isinstance(value.get("type"), str) and self.has(value["type"]) and "id" in value:
                yield from _texts(value["id"])
            for key, item in value.items():
                yield from _texts(item) if self.has(str(key)) else self.values(item)
        elif isinstance(value, list | tuple):
            for item in value:
                yield from self.values(item)


@dataclass(frozen=True, slots=True)
class Hidden:
    """Texts that are taken out of others, in any case of letters, and numbers of phones however they are written."""

    texts: frozenset[str]
    numbers: frozenset[str]

    @staticmethod
    def of(texts: Iterable[str]) -> Hidden:
        """All of these that are not empty."""
        kept = frozenset(text.casefold().strip() for text in texts) - {""}
        numbers = (_NO_DIGITS.sub("", text) for text in kept if not re.search("[a-z@]", text))
        return Hidden(kept, frozenset(number for number in numbers if len(number) >= _SHORTEST_NUMBER))

    def out_of(self, text: str) -> str:
        """The text without them; all of it is masked where it is one of them."""
        folded = text.casefold().strip()
        if folded in self.texts or _NO_DIGITS.sub("", text) in self.numbers:
            return MASK
        for hidden in sorted(self.texts, key=len, reverse=True):
            if len(hidden) >= _SHORTEST_PART and hidden in folded:
                text = re.sub(re.escape(hidden), MASK, text, flags=re.IGNORECASE)
        return text


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str) or (isinstance(value, int | float) and not isinstance(value, bool)):
        yield str(value)
