"""A destination of a declared type, during one sync."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from dbt_audiences.core.destination_type import Call, DestinationType, Form
from dbt_audiences.sync.channel import Opening, Outcome, Request, Side, Unit
from dbt_audiences.sync.declared.answers import Said, facts_of
from dbt_audiences.sync.declared.exchange import NO_LIST, Exchange
from dbt_audiences.sync.declared.requests import Compiled, Shown, compiled_call, shown_call
from dbt_audiences.sync.declared.statement import Row, Statement, body_of, rows_of, statement_of, summary_of
from dbt_audiences.sync.declared.templates import OMIT
from dbt_audiences.sync.loops import Loop


class Declared:
    """Renders what was written down, sends it step by step, and reads the answers row by row."""

    def __init__(self, type_: DestinationType, opening: Opening) -> None:
        self._type, self._envelope = type_, opening.envelope
        self.content_type = f"application/vnd.dbt-audiences.{type_.key}+json"
        self.is_whole = type_.is_whole
        self._needs_rows = type_.most_rows is not None and not type_.is_whole
        self._is_list = opening.envelope.as_ == "list"
        size = opening.settings.get("batch_size")
        most = None if type_.is_whole else type_.most_rows
        self.batch_size: int | None = min(size, most) if isinstance(size, int) and most is not None else most
        defaults = {option.name: option.default for option in type_.options if option.default is not None}
        envelope = opening.envelope
        shared: dict[str, object] = {
            "settings": {**defaults, **opening.settings},
            "secret": opening.secrets if opening.secrets else Shown(),
            "token": None,
            "key": envelope.audience,
            "list": {"name": envelope.list_name, "key": envelope.audience},
            "found": {},
            "omit": OMIT,
            "rows": [],
        }
        self._exchange = Exchange(type_, opening, shared)
        self._runner = Loop()
        sends = type_.sends[_form(type_, envelope.as_)]
        self._calls: Mapping[Side | None, list[Compiled]] = {
            "add": self._compiled(sends.add),
            "remove": self._compiled(sends.remove),
            None: self._compiled(sends.add),
        }

    def _compiled(self, calls: Iterable[Call]) -> list[Compiled]:
        return [compiled_call(call, self._type) for call in calls]

    def draft(self, request_id: str, side: Side | None, units: Iterable[Unit]) -> str:
        """What is stated, as the outbox keeps it."""
        if self._type.most_rows is None:
            return summary_of(self._envelope, units)
        if self.is_whole:
            return body_of(self._envelope, "add", _members(units, self._type.most_rows))
        return body_of(self._envelope, side or "add", units)

    def shown(self, request_id: str, side: Side | None, units: Iterable[Unit]) -> dict[str, object]:
        """Each step as it would be sent; a list that is looked up is `LIST_ID`."""
        return self._shown(self.draft(request_id, side, units))

    def shown_again(self, request: Request) -> dict[str, object]:
        """The same of one that was written down before."""
        return self._shown(request.body)

    def _shown(self, body: str) -> dict[str, object]:
        statement = statement_of(body)
        rows, unusable = rows_of(statement, self._type.fields, any_identifier=self._type.any_identifier)
        context = {**self._context(statement, rows), "secret": Shown()}
        list_id = "LIST_ID" if self._type.list_place.find is not None else self._envelope.list_name
        context["list"] = {**self._exchange.context["list"], "id": list_id}
        shown = [shown_call(self._exchange.base_url, call, context) for call in self._calls[statement.side]]
        refused = {"not_sent": [reason for _, reason in unusable]} if unusable else {}
        found: dict[str, object] = {**(shown[0] if len(shown) == 1 else {"steps": shown}), **refused}
        return json.loads(_dumped(found))  # type: ignore[no-any-return]  # an object, by the line above

    def deliver(self, requests: Sequence[Request]) -> list[Outcome]:
        """Send each; after one that says stop, what has not left stays."""
        refusal = self._exchange.refusal()
        if refusal is not None:
            return [refusal for _ in requests]
        return self._runner.run(self._deliver(requests))

    def try_out(self) -> Outcome:
        """The request that the declaration names for it, or the look-up of a list."""
        refusal = self._exchange.refusal()
        return refusal if refusal is not None else self._runner.run(self._try_out())

    def tidy(self, kept: Sequence[str]) -> None:
        """A request that was not sent leaves nothing behind."""

    def close(self) -> None:
        """Close the connections and the loop."""
        self._runner.run(self._exchange.close())
        self._runner.close()

    async def _try_out(self) -> Outcome:
        if self._type.check is not None:
            outcome, _ = await self._exchange.call(compiled_call(self._type.check, self._type), self._exchange.context, "test")
            return outcome
        found = await self._exchange.list_id(self._exchange.context, "test", may_create=False)
        return found if isinstance(found, Outcome) else Outcome("delivered", "no request says more than that it is set up")

    async def _deliver(self, requests: Sequence[Request]) -> list[Outcome]:
        gate, stopped = asyncio.Semaphore(self._exchange.at_once), asyncio.Event()

        async def one(request: Request) -> Outcome:
            async with gate:
                if stopped.is_set():
                    return Outcome("unsent", stops=True)
                outcome = await self._one(request)
                if outcome.stops:
                    stopped.set()
                return outcome

        return await asyncio.gather(*(one(request) for request in requests))

    async def _one(self, request: Request) -> Outcome:
        statement = statement_of(request.body)
        rows, unusable = rows_of(statement, self._type.fields, any_identifier=self._type.any_identifier)
        said: dict[str, Said] = {id_: ("rejected", reason) for id_, reason in unusable}
        context = self._context(statement, rows)
        if self._is_list and (rows or not self._needs_rows):
            list_id = await self._exchange.list_id(context, request.id, may_create=statement.side != "remove")
            if isinstance(list_id, Outcome):
                return replace(list_id, reason=None) if list_id.reason == NO_LIST else list_id
            context["list"] = {**self._exchange.context["list"], "id": list_id}
        tries, saved = 0, dict[str, object]()
        for call in self._calls[statement.side]:
            rows = self._in_play(call, rows, said, context)
            if (not rows and self._needs_rows) or (call.when is not None and not call.when(context)):
                continue
            outcome, answer = await self._exchange.call(call, context, request.id)
            tries += outcome.tries if call.call.method != "GET" else 0
            if self.is_whole and outcome.verdict == "rejected":
                # No row is at fault alone, and half of a list must not take its place.
                return Outcome("held", f"{outcome.reason}; a person must act", stops=True, tries=max(tries, 1))
            if outcome.verdict != "delivered" or answer is None:
                return replace(outcome, tries=max(tries, 1))
            said |= call.answers.of_rows(answer, rows, context)
            facts = {**context, **facts_of(answer)}
            saved |= {name: save(facts) for name, save in call.save.items()}
            context["found"] = saved
        return Outcome("delivered", refused=_of(said, "rejected"), postponed=_of(said, "pending"), tries=max(tries, 1))

    def _in_play(self, call: Compiled, rows: list[Row], said: dict[str, Said], context: dict[str, object]) -> list[Row]:
        """The rows that a call speaks of, numbered; what is to be skipped is said."""
        if call.unless is not None and call.call.skip is not None:
            skip = call.call.skip
            for row in rows:
                if not call.unless({**context, "row": row}):
                    said[row["message_id"]] = (skip.then, skip.reason)
        left = [row for row in rows if row["message_id"] not in said]
        for place, row in enumerate(left):
            row["index"] = place
        context["rows"], context["row"] = left, left[0] if left else {}
        return left

    def _context(self, statement: Statement, rows: list[Row]) -> dict[str, object]:
        envelope = statement.envelope
        return {
            **self._exchange.context,
            "rows": rows,
            "row": rows[0] if rows else {},
            "found": {},
            "entered": statement.entered,
            "left": statement.left,
            "as_of": envelope.as_of.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "epoch": int(envelope.as_of.timestamp()),
            "sync_id": envelope.sync_id,
        }


def _members(units: Iterable[Unit], most: int) -> Iterator[Unit]:
    """All that must hold, which is all that is stated."""
    for count, unit in enumerate((unit for unit in units if unit.side == "add"), start=1):
        if count > most:
            raise OSError(0, f"the list is longer than the {most:,} rows that it takes")
        yield unit


def _form(type_: DestinationType, as_: str) -> Form:
    return next(form for form in type_.sends if form == as_)


def _of(said: Mapping[str, Said], meaning: str) -> tuple[tuple[str, str], ...]:
    return tuple((id_, reason) for id_, (then, reason) in said.items() if then == meaning)


def _dumped(value: object) -> str:
    from dbt_audiences.sync.json_text import dumped

    return dumped(value)
