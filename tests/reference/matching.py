"""The dialect of `matches`, in Python's regular expressions; what is outside the dialect is refused."""

import re

QUANTIFIER = re.compile(r"[*+?]|\{[0-9]+(,[0-9]*)?\}")
CLASS_LETTERS = "dwsDWS"


def matches(value: str, pattern: str, *, is_case_ignored: bool = False) -> bool:
    """Whether the pattern is found anywhere in the value; letters, digits and spaces of `\\w \\d \\s` are ASCII."""
    flags = re.ASCII | (re.IGNORECASE if is_case_ignored else re.NOFLAG)
    return re.search(translated(pattern), value, flags) is not None


def translated(pattern: str) -> str:
    """The same pattern for Python, where a bare `$` would also match before a last newline."""
    parts: list[str] = []
    index = 0
    while index < len(pattern):
        letter = pattern[index]
        rest = pattern[index:]
        if letter == "\\":
            parts.append(_escape(rest))
            index += 2
        elif letter == "[":
            part, length = _class(rest)
            parts.append(part)
            index += length
        elif letter in "*+?{":
            found = QUANTIFIER.match(rest)
            if found is None:
                raise ValueError(f"no repetition at {rest!r}")
            after = rest[found.end() : found.end() + 1]
            if after in ("*", "+", "?", "{"):
                raise ValueError(f"lazy, possessive and repeated repetitions are outside the dialect: {rest!r}")
            parts.append(found.group())
            index += found.end()
        elif letter == "(":
            if rest.startswith("(?"):
                raise ValueError(f"only plain groups are in the dialect: {rest!r}")
            parts.append("(?:")
            index += 1
        else:
            parts.append({"^": r"\A", "$": r"\Z", ".": r"[^\n]", ")": ")", "|": "|"}.get(letter, re.escape(letter)))
            index += 1
    return "".join(parts)


def _escape(rest: str) -> str:
    letter = rest[1:2]
    if not letter:
        raise ValueError("a lonely backslash")
    if letter in CLASS_LETTERS:
        return "\\" + letter
    if letter.isascii() and letter.isalnum():
        raise ValueError(f"\\{letter} is outside the dialect")
    return re.escape(letter)


def _class(rest: str) -> tuple[str, int]:
    """One `[...]`, and how long it was written; all but `-`, `^` in front and the letters of classes is itself."""
    index = 2 if rest.startswith("[^") else 1
    parts = [rest[:index]]
    start = index
    while rest[index : index + 1] != "]" or index == start:
        letter = rest[index : index + 1]
        if not letter:
            raise ValueError(f"the class {rest!r} does not end")
        if letter == "\\":
            parts.append(_escape(rest[index:]))
            index += 2
        else:
            parts.append(letter if letter == "-" else re.escape(letter))
            index += 1
    return "".join(parts) + "]", index + 1
