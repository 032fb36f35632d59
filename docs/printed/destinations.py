"""Destination types, and what a webhook sends and is answered."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

from docs.printed.markdown import code, table

from dbt_audiences.sync import http, payloads
from dbt_audiences.sync.channel import Envelope, Spec, Unit
from dbt_audiences.sync.destinations import destination_types
from dbt_audiences.sync.webhook_signature import secret_bytes, signed_headers

_AS_OF = datetime(2026, 3, 10, 12, tzinfo=UTC)
_STATUSES = (200, 202, 204, 301, 307, 400, 401, 403, 404, 408, 409, 410, 413, 422, 425, 429, 500, 502, 503, 504)
_VERDICTS = {
    "delivered": "taken; rows that a JSON answer lists under `rejected` are not",
    "rejected": "rejected for good",
    "held": "held: a person must act",
    "pending": "tried again",
}


def destination_types_page() -> str:
    """Settings of each type, sample payloads of the webhook, and what answers mean."""
    parts = ["# Destination types\n", "Vendors stand in the [catalogue](destination-catalogue.md).\n"]
    for spec in destination_types().values():
        if spec.declaration is None:
            parts += _of_type(spec)
    user = Unit("p433a4c1bbf3f66d938c3", "add", {"user_id": "6", "email": "finn@example.com"}, '{"plan":"business"}')
    gone = Unit("p4352cee91079fee7973a", "remove", {"user_id": "1", "email": "ann@example.com"}, "{}")
    parts.append("## Bodies of a webhook\n")
    for as_, title in (("boolean", "`as: boolean`"), ("events", "`as: events`"), ("list", "`as: list`")):
        envelope = Envelope(
            destination="crm", audience="repeat_buyers", as_=as_, list_name="Repeat buyers",  # type: ignore[arg-type]
            entered_event="Audience Entered", exited_event="Audience Exited", project="shop", as_of=_AS_OF, sync_id="sync",
        )  # fmt: skip
        parts.append(f"### {title}\n")
        for side, unit in (("add", user), ("remove", gone)):
            body = json.loads(payloads.body(envelope, side, [unit]))  # type: ignore[arg-type]
            word = "A profile that entered" if side == "add" else "A profile that left"
            parts.append(f"{word}:\n\n```json\n{json.dumps(body, indent=2)}\n```\n")
    parts += _of_accounts_and_traits()
    signed = signed_headers(secret_bytes("whsec_c2VjcmV0"), "00000000-4f6c-add", _AS_OF, b'{"batch":[]}')
    headers = "\n".join(f"{name}: {value}" for name, value in signed.items())
    parts += [
        "## Signature\n",
        'The headers of the body `{"batch":[]}`, sent at 2026-03-10T12:00:00Z with the secret `whsec_c2VjcmV0`:\n',
        f"```text\n{headers}\n```\n",
        "## What an answer means\n",
        table(("status", "the request is", "in two halves", "the sync stops"), [_answer(status) for status in _STATUSES]),
        "Every status that is not in the table and no 2xx is tried again. In two halves: a request with several rows is cut "
        "and sent again, until the row at fault is alone.\n",
        table(
            ("limit", "is"),
            [
                ("tries of a request in one sync", http.TRIES),
                ("first wait between tries", f"any part of {http.FIRST_WAIT_SECONDS} s, then of the double"),
                ("longest `Retry-After` that is waited for", f"{http.LONGEST_WAIT_SECONDS:.0f} s; longer: the next sync tries"),
                ("time for a connection", f"{http.CONNECT_SECONDS:.0f} s"),
                ("time for a request", f"{http.TIMEOUT_SECONDS:.0f} s"),
                ("bytes read of an answer", f"{http.ANSWER_BYTES:,}"),
            ],
        ),
    ]
    return "\n".join(parts)


def _of_accounts_and_traits() -> list[str]:
    envelope = Envelope(
        destination="crm", audience="on_business", as_="boolean", list_name="On business", entered_event="Audience Entered",
        exited_event="Audience Exited", project="shop", as_of=_AS_OF, sync_id="sync",
    )  # fmt: skip
    trait = replace(envelope, audience="total_revenue", values=("total_revenue",))
    account = Unit("acme", "add", {"group_id": "acme"}, "{}")
    valued = Unit("p433a4c1bbf3f66d938c3", "add", {"user_id": "6"}, '{"total_revenue":450.00}')
    gone = replace(valued, side="remove")
    parts = []
    for title, sent, unit in (
        ("An account", envelope, account),
        ("A computed trait", trait, valued),
        ("A computed trait whose value is gone", trait, gone),
        ("A computed trait as events", replace(trait, as_="events"), valued),
    ):
        body = json.loads(payloads.body(sent, unit.side, [unit]))
        parts += [f"### {title}\n", f"```json\n{json.dumps(body, indent=2)}\n```\n"]
    return parts


def _of_type(spec: Spec) -> list[str]:
    settings = [
        (
            f"`{one.name}`",
            "yes" if one.is_required else "",
            code(one.choices) if one.choices else f"{one.least} to {one.most:,}" if one.kind == "integer" else one.kind,
        )
        for one in spec.settings
    ]
    forms = f"{code(spec.forms)}; default `{spec.forms[0]}`"
    types = "any type" if spec.identifier_types is None else code(spec.identifier_types)
    sent = ", ".join(f"`{name}: {which}`" for name, which in spec.identifiers.items())
    return [
        f"## {spec.type}\n",
        f"{spec.description}\n",
        table(("setting", "needed", "holds"), settings),
        f"- secrets: {code(spec.secrets) or 'none'}",
        f"- proven by: {spec.proven_by}",
        f"- `as:` {forms}",
        f"- identifiers it can carry: {types}",
        f"- identifiers sent by default, where eligible: {sent}\n",
    ]


def _answer(status: int) -> tuple[str, str, str, str]:
    outcome = http.judged(status, "")
    return str(status), _VERDICTS[outcome.verdict], "yes" if outcome.divides else "", "yes" if outcome.stops else ""
