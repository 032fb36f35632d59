"""Incidents: what an alert finds against how it stood, written down with what is to be told of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from dbt_audiences.core.alerts import IN_APP, Alert
from dbt_audiences.core.warehouse import Relations, Row, Warehouse, naive, text_literal
from dbt_audiences.sync.alerts.findings import Moment, find

State = Literal["began", "ended", "happened"]
NOTIFICATION_COLUMNS = (
    "notification_id", "alert", "name", "watched", "audience", "destination", "state", "message", "owner", "occurred_at",
    "recipient", "status", "attempts", "settled_at",
)  # fmt: skip
_STATE_COLUMNS = ("alert", "subject", "is_on", "since", "message", "seen", "judged_at")


@dataclass(frozen=True, slots=True)
class News:
    """What an alert has to tell, of which audience and destination."""

    alert: str
    state: State
    message: str
    audience: str | None
    destination: str | None


def judge(alert: Alert, warehouse: Warehouse, relations: Relations, moment: Moment, token: str) -> list[News]:
    """Judge an alert, note how it stands now and what is to be told, and return that; one transaction.

    token  a text that never came before
    """
    if alert.on == "export_done":
        return []
    if alert.on == "audience_changed":
        return _changed(alert, warehouse, relations, moment, token)
    finding = find(alert, warehouse, relations, moment)
    was_on, since, is_edited = _before(alert, warehouse, relations)
    news = []
    if was_on and is_edited:
        # What was on is judged no more: what is on now is another incident, and may be of something else.
        news, was_on, since = [_ended_by_edit(alert)], False, None
    if finding.is_on != was_on:
        state: State = "began" if finding.is_on else "ended"
        news.append(News(alert.key, state, finding.message, alert.audience, alert.destination))
    now = naive(moment.now)
    row = (alert.key, "", finding.is_on, (since or now) if finding.is_on else None, finding.message, _judged_by(alert), now)
    with warehouse.transaction():
        _replace(warehouse, relations, alert.key, [row])
        _note(alert, news, warehouse, relations, moment.now, token)
    return news


def _judged_by(alert: Alert) -> str:
    """What an alert is judged by, as a text."""
    limits = (str(limit) if limit is not None else None for limit in (alert.above, alert.below, alert.change))
    return json.dumps([alert.on, alert.audience, alert.destination, alert.source, *limits, str(alert.over), alert.minimum])


def _before(alert: Alert, warehouse: Warehouse, relations: Relations) -> tuple[bool, object, bool]:
    """Whether it was on, since when, and whether it is judged by something else since."""
    states = warehouse.fetch(
        f"select is_on, since, seen from {relations['alert_states']} where alert = {text_literal(alert.key)} and subject = ''"
    )
    if not states:
        return False, None, False
    # What it was judged by was not always written down: then it counts as what it is now.
    unknown = "" if alert.on == "audience_changed" else None
    return bool(states[0][0]), states[0][1], states[0][2] not in (unknown, _judged_by(alert))


def _ended_by_edit(alert: Alert) -> News:
    return News(alert.key, "ended", "the alert was edited: what was on is judged no more", alert.audience, alert.destination)


def happened(
    alert: Alert, message: str, audience: str, warehouse: Warehouse, relations: Relations, at: datetime, token: str
) -> News:
    """Note that something is to be told that has no end."""
    news = News(alert.key, "happened", message, audience, None)
    with warehouse.transaction():
        _note(alert, [news], warehouse, relations, at, token)
    return news


def standing(warehouse: Warehouse, relations: Relations, alerts: Iterable[Alert]) -> list[Row]:
    """(alert, what it watches, since, message) of those that are on, in the order of their keys."""
    enabled = {alert.key: alert for alert in alerts if alert.enabled}
    rows = warehouse.fetch(f"select alert, since, message from {relations['alert_states']} where is_on order by alert")
    return [(key, enabled[str(key)].on, since, message) for key, since, message in rows if str(key) in enabled]


def _changed(alert: Alert, warehouse: Warehouse, relations: Relations, moment: Moment, token: str) -> list[News]:
    """Audiences made, edited, deleted or brought back since the last time; all that is there the first time is no news."""
    of = "" if alert.audience is None else f" and key = {text_literal(alert.audience)}"
    keys = warehouse.fetch(
        f"select key, definition_hash, deleted_at is not null from {relations['keys']} where kind = 'audience'{of} order by key"
    )
    rows_before = warehouse.fetch(
        f"select subject, seen from {relations['alert_states']} where alert = {text_literal(alert.key)}"
    )
    seen = {str(key): str(definition) for key, definition in rows_before}
    was_on, _, is_edited = _before(alert, warehouse, relations)
    now, news = naive(moment.now), [_ended_by_edit(alert)] if was_on else []
    stands = {str(key): "" if is_deleted else str(digest) for key, digest, is_deleted in keys}
    for key, definition in stands.items():
        before = seen.get(key)
        word = (
            None if before == definition or (before is None and not definition)
            else "was made" if before is None
            else "was deleted" if not definition
            else "was brought back" if not before
            else "was edited"
        )  # fmt: skip
        if seen and not is_edited and word is not None:
            news.append(News(alert.key, "happened", f"the audience `{key}` {word}", key, None))
    # The empty subject tells that what was there the first time is known, also where nothing was.
    rows = [
        (alert.key, key, False, None, None, definition, now) for key, definition in {"": _judged_by(alert), **stands}.items()
    ]
    with warehouse.transaction():
        _replace(warehouse, relations, alert.key, rows)
        _note(alert, news, warehouse, relations, moment.now, token)
    return news


def _replace(warehouse: Warehouse, relations: Relations, key: str, rows: Sequence[Sequence[object]]) -> None:
    warehouse.execute(f"delete from {relations['alert_states']} where alert = {text_literal(key)}")
    warehouse.insert(relations["alert_states"], _STATE_COLUMNS, rows)


def _note(alert: Alert, news: Sequence[News], warehouse: Warehouse, relations: Relations, at: datetime, token: str) -> None:
    now = naive(at)
    rows = [
        (f"{token}-{number}-{place}", alert.key, alert.name, alert.on, one.audience, one.destination, one.state, one.message,
         alert.owner, now, recipient.name, *(("delivered", 0, now) if recipient.name == IN_APP else ("pending", 0, None)))
        for number, one in enumerate(news)
        for place, recipient in enumerate(alert.recipients)
    ]  # fmt: skip
    if rows:
        warehouse.insert(relations["notifications"], NOTIFICATION_COLUMNS, rows)
