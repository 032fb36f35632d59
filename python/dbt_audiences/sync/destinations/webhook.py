"""`webhook`: batches of Segment calls, or changes of a list, as signed POSTs of JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from dbt_audiences.sync import payloads
from dbt_audiences.sync.addresses import private_refusal
from dbt_audiences.sync.channel import Opening, Outcome, Request, Setting, Side, Spec, Unit
from dbt_audiences.sync.loops import Loop
from dbt_audiences.sync.webhook_signature import secret_bytes, signed_headers

if TYPE_CHECKING:
    import aiohttp

CONNECTIONS = 4
DEFAULT_BATCH_SIZE = 500


class Webhook:
    """Posts to one URL over kept connections, a few requests at a time."""

    content_type = "application/json"
    is_whole = False

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._url = str(opening.settings["url"])
        secret = opening.secrets.get("signing_secret")
        self._key = secret_bytes(secret) if secret else None
        self._runner = Loop()
        self._client: aiohttp.ClientSession | None = None
        self.batch_size: int | None = cast(int, opening.settings.get("batch_size", DEFAULT_BATCH_SIZE))

    def draft(self, request_id: str, side: Side | None, units: Iterable[Unit]) -> str:
        """The JSON body."""
        return payloads.body(self._opening.envelope, side or "add", units)

    def shown(self, request_id: str, side: Side | None, units: Iterable[Unit]) -> dict[str, object]:
        """Method, URL as written in the destination's file, headers that hold no secret, and body."""
        return self._shown(request_id, self.draft(request_id, side, units))

    def shown_again(self, request: Request) -> dict[str, object]:
        """The same of one that was written down before."""
        return self._shown(request.id, request.body)

    def deliver(self, requests: Sequence[Request]) -> list[Outcome]:
        """Post each; after one that says stop, what has not left stays."""
        return self._runner.run(self._deliver(requests))

    def try_out(self) -> Outcome:
        """Ask what it allows: any answer but a refusal of the credentials says that it is there."""
        return self._runner.run(self._try_out())

    def tidy(self, kept: Sequence[str]) -> None:
        """A request that was not sent leaves nothing behind."""

    def close(self) -> None:
        """Close the connections and the loop."""
        if self._client is not None:
            self._runner.run(self._client.close())
        self._runner.close()

    def _shown(self, request_id: str, body: str) -> dict[str, object]:
        headers = {"content-type": self.content_type, "webhook-id": request_id}
        if "signing_secret" in self._opening.secret_names:
            headers |= {"webhook-timestamp": "<when it is sent>", "webhook-signature": "<signing_secret>"}
        return {
            "method": "POST",
            "url": self._opening.shown_settings["url"],
            "headers": headers,
            "body": json.loads(body),
        }

    async def _try_out(self) -> Outcome:
        from dbt_audiences.sync.http import Sending, judged, send, session

        private = self._opening.allow_private_addresses
        refusal = private_refusal(self._url, allow_private_addresses=private)
        if refusal is not None:
            return refusal
        if self._client is None:
            self._client = session(allow_private_addresses=private, connections=CONNECTIONS)
        asked = Sending("OPTIONS", self._url, None, dict)
        outcome, answer = await send(
            self._client, asked, judge=lambda got: judged(got.status, ""), effects=self._opening.effects
        )
        if answer is not None and outcome.verdict != "held":
            return Outcome("delivered", f"it answers ({answer.status} to OPTIONS); nothing was sent")
        return outcome

    async def _deliver(self, requests: Sequence[Request]) -> list[Outcome]:
        from dbt_audiences.sync.http import post, session  # aiohttp takes long to import, and most commands send nothing

        private = self._opening.allow_private_addresses
        refusal = private_refusal(self._url, allow_private_addresses=private)
        if refusal is not None:
            return [refusal for _ in requests]
        if self._client is None:
            self._client = session(allow_private_addresses=private, connections=CONNECTIONS)
        client, gate, stopped = self._client, asyncio.Semaphore(CONNECTIONS), asyncio.Event()

        async def one(request: Request) -> Outcome:
            async with gate:
                if stopped.is_set():
                    return Outcome("unsent", stops=True)
                outcome = await post(
                    client,
                    self._url,
                    request.id,
                    request.body.encode(),
                    sign=self._headers,
                    effects=self._opening.effects,
                    pace=self._opening.pace,
                )
                if outcome.stops:
                    stopped.set()
                return outcome

        return await asyncio.gather(*(one(request) for request in requests))

    def _headers(self, request_id: str, body: bytes) -> Mapping[str, str]:
        headers = {"content-type": self.content_type, "webhook-id": request_id}
        if self._key is not None:
            headers |= signed_headers(self._key, request_id, self._opening.effects.clock(), body)
        return headers


def _check_secret(name: str, value: str) -> None:
    secret_bytes(value)


SPEC = Spec(
    type="webhook",
    settings=(
        Setting("url", "url", is_required=True),
        Setting("batch_size", "integer", most=10_000),
    ),
    secrets=("signing_secret",),
    forms=("boolean", "events", "list"),
    identifiers={"user_id": "last", "email": "last", "anonymous_id": "last"},
    identifier_types=None,
    is_mixed=False,
    is_paced=True,
    open=Webhook,
    check_secret=_check_secret,
    name="Webhook",
    description="Batches of Segment calls, or changes of a list, as signed POSTs of JSON.",
    proven_by="real server",
)
