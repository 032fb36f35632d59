"""Notifications told: by mail, by Slack, by a webhook; what cannot be told now is told another time."""

from __future__ import annotations

import smtplib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

from dbt_audiences.core.alerts import Alert, Recipient
from dbt_audiences.core.project import Destination
from dbt_audiences.core.warehouse import Relations, Warehouse, instant_literal, text_literal
from dbt_audiences.sync.addresses import PrivateAddress, private_refusal
from dbt_audiences.sync.alerts.recipients import spec_of
from dbt_audiences.sync.channel import Outcome
from dbt_audiences.sync.check import secret_urls, used_secrets, used_settings
from dbt_audiences.sync.effects import Effects
from dbt_audiences.sync.json_text import dumped
from dbt_audiences.sync.loops import Loop
from dbt_audiences.sync.mail import connected, failed
from dbt_audiences.sync.patience import PATIENCE
from dbt_audiences.sync.redaction import needles_of, redacted
from dbt_audiences.sync.webhook_signature import secret_bytes, signed_headers

_WORDS = {"began": "began", "ended": "is over", "happened": "happened"}
_COLUMNS = "notification_id, alert, name, watched, audience, destination, state, message, owner, occurred_at, recipient"


@dataclass(frozen=True, slots=True)
class Notification:
    """One message to one recipient."""

    id: str
    alert: str
    name: str
    watched: str
    audience: str | None
    destination: str | None
    state: str
    message: str
    owner: str | None
    occurred_at: datetime
    recipient: str

    @property
    def title(self) -> str:
        """One line for people."""
        return f"{self.name}: {_WORDS[self.state]}" if self.state != "happened" else self.name


@dataclass(frozen=True, slots=True)
class Untold:
    """A notification that could not be told now, and why."""

    alert: str
    recipient: str
    reason: str


def tell(
    warehouse: Warehouse,
    relations: Relations,
    alerts: Mapping[str, Alert],
    destinations: Mapping[str, Destination],
    *,
    project: str,
    target: str,
    effects: Effects | None = None,
) -> list[Untold]:
    """Tell all that waits, the oldest first, and note what became of it; what a recipient did not take comes another time.

    target  a destination of the project that may not send from this dbt target is not told
    """
    effects, untold = effects or Effects(), []
    silent: set[tuple[str, str]] = set()
    rows = warehouse.fetch(
        f"select {_COLUMNS} from {relations['notifications']} where status = 'pending' order by occurred_at, notification_id"
    )
    for notification in (Notification(*row) for row in rows):  # type: ignore[arg-type]  # the columns are those of the fields
        alert = alerts.get(notification.alert)
        recipient = None if alert is None else next((r for r in alert.recipients if r.name == notification.recipient), None)
        if recipient is None:
            gone = Outcome("rejected", "the alert names it no more")
            _settle(warehouse, relations, notification, gone, effects.clock(), is_last=True)
            continue
        if (notification.alert, notification.recipient) in silent:
            continue
        outcome = _told(notification, recipient, destinations, project, target, effects)
        if outcome.verdict != "delivered":
            silent.add((notification.alert, notification.recipient))
            untold.append(Untold(notification.alert, notification.recipient, outcome.reason or "it did not answer"))
        _settle(warehouse, relations, notification, outcome, effects.clock())
    return untold


def _settle(
    warehouse: Warehouse, relations: Relations, one: Notification, outcome: Outcome, at: datetime, *, is_last: bool = False
) -> None:
    now = instant_literal(at)
    is_last = is_last or one.occurred_at.replace(tzinfo=UTC) < at - PATIENCE
    status = "delivered" if outcome.verdict == "delivered" else "failed" if is_last else "pending"
    reason = "null" if outcome.reason is None else text_literal(outcome.reason.replace("\x00", "")[:1_000])
    settled = "null" if status == "pending" else now
    warehouse.execute(
        f"update {relations['notifications']} set status = '{status}', attempts = attempts + 1, reason = {reason}, "
        f"settled_at = {settled} where notification_id = {text_literal(one.id)}"
    )


def _told(
    one: Notification,
    recipient: Recipient,
    destinations: Mapping[str, Destination],
    project: str,
    target: str,
    effects: Effects,
) -> Outcome:
    destination = recipient.inline or destinations.get(recipient.key or "")
    if destination is None:
        return Outcome("held", f"the destination `{recipient.key}` cannot be read")
    if not destination.enabled or (destination.targets is not None and target not in destination.targets):
        return Outcome("held", f"the destination `{destination.key}` may not send from here")
    spec = spec_of(destination)
    try:
        settings, secrets = used_settings(destination, spec), used_secrets(destination, spec)
    except ValueError as error:
        return Outcome("held", str(error))
    outcome = _carried(one, destination, settings, secrets, project, effects)
    hidden = needles_of([*secrets.values(), *secret_urls(destination, spec, settings)])
    return replace(outcome, reason=None if outcome.reason is None else redacted(outcome.reason, hidden))


def _carried(
    one: Notification,
    destination: Destination,
    settings: Mapping[str, object],
    secrets: Mapping[str, str],
    project: str,
    effects: Effects,
) -> Outcome:
    if destination.type == "email":
        return _mailed(one, settings, secrets, destination, project)
    if destination.type == "webhook":
        key = secret_bytes(secrets["signing_secret"]) if "signing_secret" in secrets else None
        return _posted(one, str(settings["url"]), dumped(_document(one, project)).encode(), key, destination, effects)
    if destination.type == "slack_workflow":
        # A workflow takes flat variables, all of them texts.
        body = {name: "" if value is None else str(value) for name, value in _document(one, project).items()}
    else:
        body = {"text": f"*{_slack(one.title)}*\n{_slack(one.message)}" + (f"\n{_slack(one.owner)}" if one.owner else "")}
    return _posted(one, secrets["webhook_url"], dumped(body).encode(), None, destination, effects)


def _document(one: Notification, project: str) -> dict[str, object]:
    return {
        "id": one.id,
        "project": project,
        "alert": one.alert,
        "name": one.name,
        "on": one.watched,
        "audience": one.audience,
        "destination": one.destination,
        "state": one.state,
        "message": one.message,
        "owner": one.owner,
        "at": f"{one.occurred_at.isoformat()}Z",
    }


def _slack(text: str) -> str:
    """A text in which Slack sees no markup but quotes of code."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _mailed(
    one: Notification, settings: Mapping[str, object], secrets: Mapping[str, str], destination: Destination, project: str
) -> Outcome:
    message = EmailMessage()
    message["From"], message["To"] = str(settings["from"]), str(settings["to"])
    message["Subject"] = " ".join(f"[{project}] {one.title}".split())
    message["Date"] = format_datetime(one.occurred_at.replace(tzinfo=UTC))
    message["Message-ID"] = f"<{one.id}@{project}.dbt-audiences>"
    owner = f"\nOwner: {one.owner}\n" if one.owner else ""
    message.set_content(f"{one.message}\n\nAlert: {one.alert}, {one.occurred_at:%Y-%m-%d %H:%M} UTC\n{owner}")
    try:
        with connected(settings, secrets, destination.allow_private_addresses) as server:
            server.send_message(message)
    except (PrivateAddress, smtplib.SMTPException, OSError) as error:
        return failed(error)
    return Outcome("delivered")


def _posted(one: Notification, url: str, body: bytes, key: bytes | None, destination: Destination, effects: Effects) -> Outcome:
    from dbt_audiences.sync.http import Sending, judged, send, session

    private = destination.allow_private_addresses
    refusal = private_refusal(url, allow_private_addresses=private)
    if refusal is not None:
        return refusal

    def headers() -> Mapping[str, str]:
        plain = {"content-type": "application/json", "webhook-id": one.id}
        return plain if key is None else plain | signed_headers(key, one.id, effects.clock(), body)

    async def posted() -> Outcome:
        async with session(allow_private_addresses=private, connections=1) as client:
            sending = Sending("POST", url, body, headers)
            outcome, _ = await send(
                client, sending, judge=lambda answer: judged(answer.status, answer.text), effects=effects, tries=1
            )
            return outcome

    loop = Loop()
    try:
        return loop.run(posted())
    finally:
        loop.close()
