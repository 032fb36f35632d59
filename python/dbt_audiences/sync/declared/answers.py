"""What an answer means for a request, and for its single rows, by the rules of a declaration."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dbt_audiences.core.destination_type import RowMeaning, RowRule, Rule
from dbt_audiences.sync.channel import Outcome
from dbt_audiences.sync.declared.statement import Row
from dbt_audiences.sync.declared.templates import expression
from dbt_audiences.sync.http import HOLD_REASON, Answer, judged, reason_of

Said = tuple[RowMeaning, str]
_REASON_LENGTH = 300


def facts_of(answer: Answer) -> dict[str, object]:
    """What expressions may use of an answer; `body` is its JSON, or None where it is none."""
    return {"status": answer.status, "headers": answer.headers, "text": answer.text, "body": _json(answer.text)}


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class _Judge:
    """A rule with its expressions compiled."""

    rule: Rule
    holds: Callable[[Mapping[str, object]], object]
    reason: Callable[[Mapping[str, object]], object] | None


class Answers:
    """The rules of one request before those of its type, and after them what a status usually means."""

    def __init__(self, rules: Sequence[Rule], row_rules: Sequence[RowRule]) -> None:
        self._judges = [
            _Judge(rule, expression(rule.when), None if rule.reason is None else expression(rule.reason)) for rule in rules
        ]
        self._rows = [
            (rule, expression(rule.each), expression(rule.key), None if rule.reason is None else expression(rule.reason))
            for rule in row_rules
        ]

    def judged(self, answer: Answer, context: Mapping[str, object]) -> Outcome:
        """What the whole answer means."""
        facts = {**context, **facts_of(answer)}
        found = next((judge for judge in self._judges if judge.holds(facts)), None)
        if found is None:
            usual = judged(answer.status, answer.text)
            return Outcome("delivered") if usual.verdict == "delivered" else usual
        reason = reason_of(answer.status, answer.text)
        if found.reason is not None and (said := found.reason(facts)):
            reason = str(said)[:_REASON_LENGTH]
        match found.rule.then:
            case "delivered":
                return Outcome("delivered")
            case "held":
                return Outcome("held", f"{reason}; {HOLD_REASON}", stops=True)
            case "rejected" | "split" as then:
                return Outcome("rejected", reason, divides=then == "split")
        is_throttled = found.rule.then == "throttled"
        return Outcome("pending", reason, stops=is_throttled, is_throttled=is_throttled)

    def of_rows(self, answer: Answer, rows: Sequence[Row], context: Mapping[str, object]) -> dict[str, Said]:
        """Id of a row -> what the answer says of it; rows that are not in it were taken. The first rule about a row decides."""
        facts = {**context, **facts_of(answer), "rows": rows}
        found: dict[str, Said] = {}
        for rule, each, key, reason in self._rows:
            items: Any = each(facts)
            for place, item in enumerate(items if isinstance(items, list | tuple) else ()):
                of_item = {**facts, "item": item, "place": place}
                said = str((reason(of_item) if reason is not None else None) or "no reason given")[:_REASON_LENGTH]
                for row in _named(rows, rule.by, key(of_item)):
                    found.setdefault(row["message_id"], (rule.then, said))
        return found


def _named(rows: Sequence[Row], by: str, key: object) -> list[Row]:
    if key is None:
        return []
    if by == "index":
        place = int(key) if isinstance(key, int) or (isinstance(key, str) and key.isdigit()) else -1
        return [rows[place]] if 0 <= place < len(rows) else []
    wanted = str(key).strip().casefold()
    return [row for row in rows if str(row.get(by, "")).casefold() == wanted]
