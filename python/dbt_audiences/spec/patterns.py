"""The regular expressions that every engine reads alike; all else is refused with its column."""

from __future__ import annotations

import re
from string import punctuation

from dbt_audiences.core.definitions import Place
from dbt_audiences.spec.nodes import Wrong

_ESCAPED = {*"dwsDWS", *punctuation} - {"_"}
_REPEAT = re.compile(r"\{([0-9]{1,3})(,([0-9]{0,3}))?\}")
_MOST_REPEATS = 255


def check_pattern(pattern: str, place: Place) -> None:
    """Raise `Wrong` unless the pattern keeps to `.`, classes, `\\d \\w \\s`, `* + ? {m,n}`, groups, `|`, `^` and `$`."""
    position = 0
    repeated = False
    while position < len(pattern):
        character = pattern[position]
        length = 1
        is_repeat = character in "*+?"
        if character == "\\":
            length = _escape(pattern, position, place)
        elif character == "[":
            length = _class(pattern, position, place)
        elif character == "{":
            found = _REPEAT.match(pattern, position)
            if found is None or max(int(found[1]), int(found[3] or 0)) > _MOST_REPEATS:
                raise _odd(pattern, position, place, "a brace that is no `{m,n}` up to 255", "write `\\{` for the character")
            length, is_repeat = len(found[0]), True
        elif character == "(" and pattern[position + 1 : position + 2] == "?":
            raise _odd(pattern, position, place, "a group that begins with `(?`", "plain groups `( )` are known")
        elif character == "}" or character == "]":
            raise _odd(pattern, position, place, f"a lone `{character}`", f"write `\\{character}`")
        if is_repeat and repeated:
            raise _odd(pattern, position, place, "a repetition of a repetition (lazy or possessive)", "put a group around it")
        repeated = is_repeat
        position += length
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise Wrong(
            place, f"`matches` is no regular expression: {error}", "quote it in single quotes, so that `\\` stays"
        ) from error


def _escape(pattern: str, position: int, place: Place) -> int:
    following = pattern[position + 1 : position + 2]
    if following not in _ESCAPED:
        raise _odd(pattern, position, place, f"the escape `\\{following}`", "known: \\d \\w \\s and escaped signs")
    return 2


def _class(pattern: str, position: int, place: Place) -> int:
    index = position + 1 + (pattern[position + 1 : position + 2] == "^")
    start = index
    while index < len(pattern) and (pattern[index] != "]" or index == start):
        if pattern[index] == "[":
            raise _odd(pattern, index, place, "a `[` within a class", "write `\\[`")
        if pattern[index] == "]":
            raise _odd(pattern, index, place, "a `]` at the start of a class", "write `\\]`")
        if pattern[index] in "&~|-" and pattern[index : index + 2] in ("&&", "~~", "||", "--"):
            raise _odd(pattern, index, place, "a set operation in a class", "list the characters")
        index += _escape(pattern, index, place) if pattern[index] == "\\" else 1
    return index + 1 - position


def _odd(pattern: str, position: int, place: Place, what: str, hint: str) -> Wrong:
    return Wrong(
        place, f"`matches` has {what} at character {position + 1} of `{pattern}`, which not every engine reads alike", hint
    )
