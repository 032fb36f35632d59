"""Phone numbers as E.164: `+`, the country code, and the number without what is dialled before it within the country."""

from __future__ import annotations

import re
from dataclasses import dataclass

BETWEEN = " \t\r\n.-()/"
"""What may stand between the digits."""
NUMBER = r"^\+[1-9][0-9]{6,14}$"
"""A number with its country, whose own rules are not known here."""


@dataclass(frozen=True, slots=True)
class Step:
    """One way to tell what stands before the number proper; the first step counts whose `test` is found.

    Patterns are of digits, or of `+` and digits. In place of what `strip` finds comes `by`, whose groups are `\\1` and so on.
    The number proper must then be `then`, where that is no None.
    """

    test: str
    strip: str
    by: str = ""
    then: str | None = None


@dataclass(frozen=True, slots=True)
class PhoneRule:
    """How numbers of a region are written in it.

    abroad  finds what is dialled before the country code of another country, and the digit after it
    steps   in order; where none is found, it is no number of the region
    valid   finds a number proper that is in use
    """

    region: str
    country_code: str
    abroad: str | None
    steps: tuple[Step, ...]
    valid: str

    def proper(self, digits: str) -> str:
        """The number without country code and trunk prefix, of a shape that the region has; empty where it has none such."""
        for step in self.steps:
            if re.search(step.test, digits):
                found = re.sub(step.strip, step.by, digits, count=1)
                if step.then is None or re.search(step.then, found):
                    return found
        return ""


def e164(text: str, rule: PhoneRule | None) -> str:
    """A number with its country, or one of the rule's region; empty where it is neither."""
    digits = text.translate(str.maketrans("", "", BETWEEN))
    if rule is not None:
        if rule.abroad is not None:
            digits = re.sub(rule.abroad, r"+\1", digits, count=1)
        proper = rule.proper(digits)
        if re.search(rule.valid, proper):
            return f"+{rule.country_code}{proper}"
    digits = re.sub(r"^00", "+", digits)
    return digits if re.search(NUMBER, digits) else ""
