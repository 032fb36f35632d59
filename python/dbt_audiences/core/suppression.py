"""Of whom nothing new is taken: identifiers that are known by their salted hashes alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Cause = Literal["forgotten", "suppressed", "removed"]
"""Of a person who was forgotten, of one of whom only nothing new is taken, of an identifier taken from a profile."""
Identifier = tuple[str, str]
"""Type and value, as staging writes it."""


@dataclass(frozen=True, slots=True)
class Suppressed:
    """What is suppressed: the hashes by cause, and the salt that they were made with."""

    salt: str
    hashes: Mapping[str, Cause]

    def cause(self, identifier: Identifier) -> Cause | None:
        """Why nothing new is taken of an identifier; None where it is."""
        return self.hashes.get(hash_of(self.salt, identifier))


NOTHING = Suppressed("", {})


def hash_of(salt: str, identifier: Identifier) -> str:
    """The hash of an identifier in `audiences.suppressions`."""
    return hashlib.sha256(f"{salt}{identifier[0]}:{identifier[1]}".encode()).hexdigest()
