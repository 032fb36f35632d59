"""`python`: a function of the project's own, called with each batch."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from dbt_audiences.sync.channel import IDENTIFIER_COLUMNS, Opening, Outcome, Request, Setting, Side, Spec, Unit
from dbt_audiences.sync.declared.statement import Statement, body_of, rows_of, statement_of
from dbt_audiences.sync.json_text import dumped

DEFAULT_BATCH_SIZE = 500
_REASON_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Batch:
    """What the function is called with.

    id    the same whenever the same batch is given again, and on no other
    op    `add` or `remove`
    rows  each with `id`, `profile_id`, `identifiers` (type -> value), `is_member`, `attributes` (the membership or the value
          under its key, and the traits), `event` and `properties`; numbers are `int` and `Decimal`
    """

    id: str
    op: Side
    audience: str
    list_name: str
    as_of: datetime
    rows: Sequence[Mapping[str, Any]]


class Function:
    """Calls the function; what it returns are the rows that it rejects."""

    content_type = "application/vnd.dbt-audiences.python+json"

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._function = _loaded(opening)
        self.batch_size: int | None = cast(int, opening.settings.get("batch_size", DEFAULT_BATCH_SIZE))

    def draft(self, request_id: str, side: Side | None, units: Iterable[Unit]) -> str:
        """What is stated, as the outbox keeps it."""
        return body_of(self._opening.envelope, side or "add", units)

    def shown(self, request_id: str, side: Side | None, units: Iterable[Unit]) -> dict[str, object]:
        """The function and its rows."""
        return self._shown(self.draft(request_id, side, units))

    def shown_again(self, request: Request) -> dict[str, object]:
        """The same of one that was written down before."""
        return self._shown(request.body)

    def deliver(self, requests: Sequence[Request]) -> list[Outcome]:
        """Call it with each batch; after one that says stop, what was not given stays."""
        outcomes: list[Outcome] = []
        for request in requests:
            is_stopped = bool(outcomes) and outcomes[-1].stops
            outcomes.append(Outcome("unsent", stops=True) if is_stopped else self._called(request))
        return outcomes

    def try_out(self) -> Outcome:
        """It was loaded, or nobody would be here."""
        return Outcome("delivered", "the function can be loaded; it was not called")

    def tidy(self, kept: Sequence[str]) -> None:
        """Nothing is prepared."""

    def close(self) -> None:
        """Nothing is held."""

    def _shown(self, body: str) -> dict[str, object]:
        return {"function": self._opening.shown_settings["function"], "rows": json.loads(dumped(_rows(statement_of(body))))}

    def _called(self, request: Request) -> Outcome:
        statement = statement_of(request.body)
        envelope = statement.envelope
        rows = json.loads(dumped(_rows(statement)), parse_float=Decimal)
        batch = Batch(request.id, statement.side or "add", envelope.audience, envelope.list_name, envelope.as_of, rows)
        try:
            rejected = self._function(batch)
        except PermissionError as error:
            return Outcome("held", f"{error}; a person must renew the credentials", stops=True)
        except Exception as error:  # another's function may raise anything, and what it had done by then is unknown
            return Outcome("pending", f"{type(error).__name__}: {error}"[:_REASON_LENGTH], stops=True)
        if rejected is None:
            return Outcome("delivered")
        if not isinstance(rejected, Mapping):
            said = f"the function returned {type(rejected).__name__}, and not None or a mapping of ids to reasons"
            return Outcome("pending", said, stops=True)
        return Outcome("delivered", refused=tuple((str(id_), str(why)[:_REASON_LENGTH]) for id_, why in rejected.items()))


def _rows(statement: Statement) -> list[dict[str, object]]:
    rows, _ = rows_of(statement, (), any_identifier=True)
    return [
        {
            "id": row["message_id"],
            "profile_id": row["profile_id"],
            "identifiers": dict(unit.identifiers),
            "is_member": row["is_member"],
            "attributes": row["attributes"],
            "event": row["event"],
            "properties": row["properties"],
        }
        for row, unit in zip(rows, statement.units, strict=True)
    ]


def _loaded(opening: Opening) -> Callable[[Batch], object]:
    """The function; raises `ValueError` that says what is wrong."""
    written = str(opening.settings["function"])
    path, colon, name = written.rpartition(":")
    file = (opening.root / path).resolve()
    if not colon or not path.endswith(".py") or not name.isidentifier():
        raise ValueError(f"`function: {written}` must be a file and a function, such as destinations/loyalty.py:send")
    if not file.is_relative_to(opening.root.resolve()) or not file.is_file():
        raise ValueError(f"there is no file {path} in the project")
    found = importlib.util.spec_from_file_location(f"audiences_destination_{file.stem}", file)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    try:
        found.loader.exec_module(module)
    except Exception as error:  # whatever it does while it is read, no other destination may suffer
        raise ValueError(f"{path} cannot be loaded: {type(error).__name__}: {error}") from None
    function = getattr(module, name, None)
    if not callable(function):
        raise ValueError(f"there is no function `{name}` in {path}")
    return cast(Callable[[Batch], object], function)


SPEC = Spec(
    type="python",
    settings=(
        Setting("function", "text", is_required=True),
        Setting("batch_size", "integer", most=10_000),
    ),
    secrets=(),
    forms=("boolean", "events", "list"),
    identifiers=dict.fromkeys(IDENTIFIER_COLUMNS, "last"),
    identifier_types=None,
    is_mixed=False,
    open=Function,
    value_forms=("boolean", "events"),
    name="Python function",
    description="A function of the project's own, called with each batch.",
    proven_by="real server",
)
