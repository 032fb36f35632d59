"""Regular expressions that find ASCII letters whatever their case, written so that no engine's own idea of case matters."""

from __future__ import annotations

from string import ascii_letters


def without_case(pattern: str) -> str:
    """A pattern of the portable dialect in which every ASCII letter also stands for its other case."""
    parts: list[str] = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if character == "\\":
            parts.append(pattern[position : position + 2])
            position += 2
        elif character == "[":
            length = _class_length(pattern[position:])
            parts.append(_class(pattern[position + 1 : position + length - 1]))
            position += length
        else:
            parts.append(f"[{character}{character.swapcase()}]" if character in ascii_letters else character)
            position += 1
    return "".join(parts)


def _class_length(rest: str) -> int:
    position = 1
    while rest[position] != "]":
        position += 2 if rest[position] == "\\" else 1
    return position + 1


def _class(inside: str) -> str:
    """What stands between brackets, with the other case of its letters and of the letters of its ranges."""
    negation = "^" if inside.startswith("^") else ""
    added: list[str] = []
    position = len(negation)
    while position < len(inside):
        first, position = _member(inside, position)
        last = first
        if inside[position : position + 1] == "-" and position + 1 < len(inside):
            last, position = _member(inside, position + 1)
        if len(first) == len(last) == 1:
            added += [letter.swapcase() for letter in ascii_letters if first <= letter <= last]
    return f"[{negation}{''.join(dict.fromkeys(added))}{inside[len(negation) :]}]"


def _member(inside: str, position: int) -> tuple[str, int]:
    """One character, or the letters of a class such as `\\d`, which have no case to add."""
    if inside[position] != "\\":
        return inside[position], position + 1
    escaped = inside[position + 1]
    return (f"\\{escaped}" if escaped in "dwsDWS" else escaped), position + 2
