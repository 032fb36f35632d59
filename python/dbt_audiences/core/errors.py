"""Every error the project raises on purpose, as one tree. The class is the policy.

AudiencesError
├── UsageError            the command line is wrong: mend it                                   exit 2
├── DefinitionError       a file of the project is wrong: mend it; carries every problem       exit 2
├── FailedError           something ran and failed: a model, an example, a delivery            exit 1
├── GuardError            a guard stopped it: a person decides                                 exit 3
└── WarehouseError        the warehouse cannot be reached, is busy or full: try again later    exit 4
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dbt_audiences.core.definitions import Place


class AudiencesError(Exception):
    """Base of all. `hint` says what to do next."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\n  {self.hint}"


class UsageError(AudiencesError):
    """A wrong argument, an unknown key, a file that is not there."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a definition: where, what, and what to do."""

    place: Place
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        first = f"{self.place}: {self.message}"
        return first if self.hint is None else f"{first}\n  {self.hint}"


class DefinitionError(AudiencesError):
    """One or more problems in the files of a project, in the order of file, line and column."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.place.file, p.place.line, p.place.column, p.message)))
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[DefinitionError], tuple[tuple[Problem, ...]]]:
        """As it is made, so that it reaches another process whole."""
        return DefinitionError, (self.problems,)


class FailedError(AudiencesError):
    """Something ran and fell short."""

    exit_code = 1


class GuardError(AudiencesError):
    """A guard refused; nothing that it protects was changed."""

    exit_code = 3


class WarehouseError(AudiencesError):
    """Not reachable, locked by another process (`is_busy`: it may be free soon), or out of space."""

    exit_code = 4

    def __init__(self, message: str, *, hint: str | None = None, is_busy: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.is_busy = is_busy
