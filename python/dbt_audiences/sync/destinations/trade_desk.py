"""`trade_desk`: a CRM segment of The Trade Desk, replaced whole where anything changed.

API v3, https://partner.thetradedesk.com/v3/portal/data/doc/DataIntegrateCrm: a drop is asked for, and a list of hashes is put
where the answer says. There is no way to take out single people.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlencode

from dbt_audiences.sync.addresses import PrivateAddress, refuse_private_literal
from dbt_audiences.sync.channel import Opening, Outcome, Setting, Spec, Unit
from dbt_audiences.sync.files.channel import Store, filed

if TYPE_CHECKING:
    import aiohttp

    from dbt_audiences.sync.http import Answer

LEAST_ROWS = 1500
MOST_PAGES = 200
_HASH = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)


class _Trouble(Exception):
    """What a request came to, where it was not taken."""

    def __init__(self, outcome: Outcome, what: str) -> None:
        super().__init__(f"{what}: {outcome.reason}")
        self.outcome = outcome


class Segments:
    """Puts lists of hashes into the segment that is named as the list."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        settings = opening.settings
        self._base = str(settings.get("base_url", "https://api.thetradedesk.com/v3")).rstrip("/")
        self._advertiser = quote(str(settings["advertiser_id"]), safe="")
        self.place = f"segment {opening.envelope.list_name}"
        self._runner = asyncio.Runner()
        self._client: aiohttp.ClientSession | None = None

    def check(self) -> None:
        """Ask for the first page of segments."""
        self._runner.run(self._page(None))

    def has(self, name: str) -> bool:
        """A list that was put replaces another: it may be put again."""
        return False

    def put(self, local: Path, name: str) -> None:
        """Ask for a drop, and put the list there."""
        body = local.read_bytes()
        if body.count(b"\n") < LEAST_ROWS:
            raise ValueError(f"it takes lists of {LEAST_ROWS:,} and more only: what it holds was left as it is")
        self._runner.run(self._put(body))

    def tidy(self, kept: Sequence[str]) -> None:
        """Nothing is prepared."""

    def close(self) -> None:
        """Close the connections and the loop."""
        if self._client is not None:
            self._runner.run(self._client.close())
        self._runner.close()

    async def _put(self, body: bytes) -> None:
        segment = await self._found() or await self._made()
        wanted = {"PiiType": "EmailHashedUnifiedId2", "MergeMode": "Replace"}
        place = f"/crmdata/segment/{self._advertiser}/{quote(segment, safe='')}"
        drop = (await self._asked("POST", place, wanted, "asking for a drop")).get("Url")
        if not isinstance(drop, str):
            raise _Trouble(Outcome("pending", "the answer names no URL"), "asking for a drop")
        await self._sent("PUT", drop, body, {"content-type": "text/plain"}, "putting the list")

    async def _found(self) -> str | None:
        paging: str | None = None
        for _ in range(MOST_PAGES):
            page = await self._page(paging)
            segments = page.get("Segments") or []
            for one in segments:
                if one.get("SegmentName") == self._opening.envelope.list_name:
                    return str(one["CrmDataId"])
            paging = page.get("PagingToken")
            if not segments or not paging:
                return None
        raise _Trouble(Outcome("pending", f"it is not among the first {MOST_PAGES} pages"), "looking for the segment")

    async def _page(self, paging: str | None) -> dict[str, Any]:
        query = f"?{urlencode({'pagingToken': paging})}" if paging else ""
        return await self._asked("GET", f"/crmdata/segment/{self._advertiser}{query}", None, "looking for the segment")

    async def _made(self) -> str:
        wanted = {
            "AdvertiserId": str(self._opening.settings["advertiser_id"]),
            "SegmentName": self._opening.envelope.list_name,
            "Region": str(self._opening.settings.get("region", "US")),
        }
        made = await self._asked("POST", "/crmdata/segment", wanted, "making the segment")
        if "CrmDataId" not in made:
            raise _Trouble(Outcome("pending", "the answer names no id"), "making the segment")
        return str(made["CrmDataId"])

    async def _asked(self, method: str, path: str, body: object, what: str) -> dict[str, Any]:
        headers = {"content-type": "application/json", "TTD-Auth": self._opening.secrets.get("auth_token", "")}
        content = None if body is None else json.dumps(body).encode()
        answer = await self._sent(method, f"{self._base}{path}", content, headers, what)
        try:
            found = json.loads(answer.text)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise _Trouble(Outcome("pending", "the answer is no JSON object"), what)
        return found

    async def _sent(self, method: str, url: str, body: bytes | None, headers: dict[str, str], what: str) -> Answer:
        from dbt_audiences.sync.http import Sending, judged, send, session

        private = self._opening.allow_private_addresses
        if not private:
            try:
                refuse_private_literal(url)
            except PrivateAddress as error:
                raise _Trouble(Outcome("pending", str(error)), what) from None
        if self._client is None:
            self._client = session(allow_private_addresses=private, connections=1)
        outcome, answer = await send(
            self._client,
            Sending(method, url, body, lambda: headers),
            judge=lambda got: judged(got.status, got.text),
            effects=self._opening.effects,
        )
        if outcome.verdict != "delivered" or answer is None:
            raise _Trouble(outcome, what)
        return answer


def line_of(unit: Unit) -> str | None:
    """Base64 of the SHA-256 of the email as The Trade Desk compares it, or of what is such a hash already."""
    email = unit.identifiers.get("email", "").strip().lower()
    if _HASH.fullmatch(email):
        return base64.b64encode(bytes.fromhex(email)).decode()
    name, at, domain = email.rpartition("@")
    if not name or not domain or any(character.isspace() for character in email):
        return None
    if domain == "gmail.com":
        name = name.partition("+")[0].replace(".", "")
    return base64.b64encode(hashlib.sha256(f"{name}{at}{domain}".encode()).digest()).decode()


def _judged(error: Exception) -> Literal["held"] | None:
    is_final = isinstance(error, _Trouble) and error.outcome.verdict in ("held", "rejected")
    return "held" if is_final else None


def _store(opening: Opening) -> Store:
    return Segments(opening)


SPEC = Spec(
    type="trade_desk",
    settings=(
        Setting("advertiser_id", "text", is_required=True),
        Setting("region", "text", choices=("US", "EU", "APAC")),
        Setting("base_url", "url"),
    ),
    secrets=("auth_token",),
    forms=("list",),
    identifiers={"email": "last"},
    identifier_types=("email",),
    is_mixed=True,
    open=filed(_store, kind="trade_desk", judge=_judged, line=line_of),
    needed_secrets=("auth_token",),
    value_forms=(),
    takes_accounts=False,
    name="The Trade Desk",
    description="Hashed members of a CRM segment, which is made where there is none; of 1,500 members and more.",
    proven_by="contract receiver",
)
