"""`python`: a function of the project's own, called with each batch."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from dbt_audiences.sync.channel import IDENTIFIER_COLUMNS, Opening, Outcome, Setting, Side, Spec
from dbt_audiences.sync.declared.statement import Statement
from dbt_audiences.sync.json_text import dumped
from dbt_audiences.sync.stated import REASON_LENGTH, rows_with_any, stated


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

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._function = _loaded(opening)

    def try_out(self) -> Outcome:
        """It was loaded, or nobody would be here."""
        return Outcome("delivered", "the function can be loaded; it was not called")

    def close(self) -> None:
        """Nothing is held."""

    def shown(self, statement: Statement) -> dict[str, object]:
        """The function and its rows."""
        return {"function": self._opening.shown_settings["function"], "rows": json.loads(dumped(_rows(statement)))}

    def carry(self, request_id: str, statement: Statement) -> Outcome:
        """Call it."""
        envelope = statement.envelope
        rows = json.loads(dumped(_rows(statement)), parse_float=Decimal)
        batch = Batch(request_id, statement.side or "add", envelope.audience, envelope.list_name, envelope.as_of, rows)
        try:
            rejected = self._function(batch)
        except PermissionError as error:
            return Outcome("held", f"{error}; a person must renew the credentials", stops=True)
        except Exception as error:  # another's function may raise anything, and what it had done by then is unknown
            return Outcome("pending", f"{type(error).__name__}: {error}"[:REASON_LENGTH], stops=True)
        if rejected is None:
            return Outcome("delivered")
        if not isinstance(rejected, Mapping):
            said = f"the function returned {type(rejected).__name__}, and not None or a mapping of ids to reasons"
            return Outcome("pending", said, stops=True)
        return Outcome("delivered", refused=tuple((str(id_), str(why)[:REASON_LENGTH]) for id_, why in rejected.items()))


def _rows(statement: Statement) -> list[dict[str, object]]:
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
        for row, unit in zip(rows_with_any(statement), statement.units, strict=True)
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
    open=stated(Function, kind="python", batch_size=500),
    value_forms=("boolean", "events"),
    name="Python function",
    description="A function of the project's own, called with each batch.",
    proven_by="real server",
)
