"""`salesforce_bulk`: fields of records, changed by jobs of Bulk API 2.0.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/bulk_api_2_0_ingest.htm, v60.0: a job is made, its
rows are put as CSV, it is closed, and asked for until it is done; then it says which rows failed.
"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from dbt_audiences.core.destination_type import RateLimit
from dbt_audiences.sync.addresses import private_refusal
from dbt_audiences.sync.channel import Opening, Outcome, Setting, Spec
from dbt_audiences.sync.declared.statement import Statement
from dbt_audiences.sync.json_text import dumped, plain_numbers
from dbt_audiences.sync.loops import Loop
from dbt_audiences.sync.stated import REASON_LENGTH, rows_with_any, stated

if TYPE_CHECKING:
    import aiohttp

    from dbt_audiences.sync.http import Answer

API = "/services/data/v60.0"
MOST_WAIT_SECONDS = 600.0
_LONGEST_POLL_SECONDS = 10.0
_RESULT_BYTES = 100_000_000
_NULL = "#N/A"
_PASSING = (
    "UNABLE_TO_LOCK_ROW",
    "REQUEST_LIMIT_EXCEEDED",
    "SERVER_UNAVAILABLE",
    "QUERY_TIMEOUT",
    "TXN_SECURITY_METERING_ERROR",
)
"""Beginnings of errors of rows that may be taken another time."""


class _Trouble(Exception):
    """What a request came to, where it was not taken."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


class Jobs:
    """A job for each statement. Done twice it comes to the same: a record has the value that was last written."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        settings = opening.settings
        self._base = str(settings.get("base_url") or settings["instance_url"]).rstrip("/")
        self._object, self._id_field = str(settings.get("object", "Contact")), str(settings["external_id_field"])
        self._loop = Loop()
        self._client: aiohttp.ClientSession | None = None
        self._token: str | None = None

    def shown(self, statement: Statement) -> dict[str, object]:
        """The job and its rows."""
        return {"method": "POST", "url": f"{self._base}{API}/jobs/ingest", "body": self._job(), "rows": self._csv(statement)}

    def carry(self, request_id: str, statement: Statement) -> Outcome:
        """Make the job, and wait until it is done."""
        return self._loop.run(self._carried(request_id, statement))

    def try_out(self) -> Outcome:
        """Ask for the limits of the organization."""
        return self._loop.run(self._tried())

    def close(self) -> None:
        """Close the connections and the loop."""
        if self._client is not None:
            self._loop.run(self._client.close())
        self._loop.close()

    def _job(self) -> dict[str, str]:
        return {
            "object": self._object,
            "contentType": "CSV",
            "lineEnding": "LF",
            "operation": "upsert",
            "externalIdFieldName": self._id_field,
        }

    def _csv(self, statement: Statement) -> str:
        """A row for each unit: its external id and its fields; an empty cell leaves a field as it is, `#N/A` empties it."""
        rows = [row["attributes"] for row in rows_with_any(statement)]
        names = sorted({name for row in rows for name in row})
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([self._id_field, *(f"{name}__c" for name in names)])
        for unit, row in zip(statement.units, rows, strict=True):
            writer.writerow([unit.identifiers["user_id"], *(_cell(row[name]) if name in row else "" for name in names)])
        return file.getvalue()

    async def _tried(self) -> Outcome:
        try:
            await self._asked("GET", "/limits", None, "test")
        except _Trouble as trouble:
            return trouble.outcome
        return Outcome("delivered", "it takes the credentials; nothing was changed")

    async def _carried(self, request_id: str, statement: Statement) -> Outcome:
        try:
            made = await self._asked("POST", "/jobs/ingest", self._job(), request_id)
            place = f"/jobs/ingest/{quote(str(made.get('id')), safe='')}"
            try:
                await self._put(f"{place}/batches", self._csv(statement).encode(), request_id)
                await self._asked("PATCH", place, {"state": "UploadComplete"}, request_id)
                job = await self._done(place, request_id)
            except _Trouble:
                await self._aborted(place, request_id)
                raise
            if job.get("state") != "JobComplete":
                said = str(job.get("errorMessage") or job.get("state"))[:REASON_LENGTH]
                return Outcome("held", f"the job failed: {said}; a person must act", stops=True)
            return await self._outcome(place, job, statement, request_id)
        except _Trouble as trouble:
            return trouble.outcome

    async def _put(self, place: str, rows: bytes, request_id: str) -> None:
        """Put the rows. A job takes them once, and HTTP lets clients repeat a PUT: what is refused may be that repetition."""
        try:
            await self._sent("PUT", place, rows, "text/csv", request_id)
        except _Trouble as trouble:
            is_refused = trouble.outcome.verdict == "held" and "a person must act" in (trouble.outcome.reason or "")
            raise (_Trouble(replace(trouble.outcome, verdict="pending")) if is_refused else trouble) from None

    async def _done(self, place: str, request_id: str) -> dict[str, Any]:
        """The job once it has ended."""
        wait, waited = 1.0, 0.0
        while waited < MOST_WAIT_SECONDS:
            job = await self._asked("GET", place, None, request_id)
            if job.get("state") in ("JobComplete", "Failed", "Aborted"):
                return job
            await self._opening.effects.sleep(wait)
            waited, wait = waited + wait, min(wait * 2, _LONGEST_POLL_SECONDS)
        raise _Trouble(Outcome("pending", f"the job did not end within {MOST_WAIT_SECONDS:,.0f} seconds", stops=True))

    async def _aborted(self, place: str, request_id: str) -> None:
        """A job that is left alone may write old values over newer ones, an hour later."""
        try:
            await self._asked("PATCH", place, {"state": "Aborted"}, request_id)
        except _Trouble:
            return  # what went wrong before is what must be said

    async def _outcome(self, place: str, job: Mapping[str, Any], statement: Statement, request_id: str) -> Outcome:
        """What became of each row: taken, refused, to come later, or never looked at."""
        ids: defaultdict[str, list[str]] = defaultdict(list)
        for unit, message_id in zip(statement.units, statement.message_ids, strict=True):
            ids[unit.identifiers["user_id"]].append(message_id)
        processed, failed = int(job.get("numberRecordsProcessed") or 0), int(job.get("numberRecordsFailed") or 0)
        errors: dict[str, str] = {}
        if failed:
            errors = {key: error async for key, error in self._results(place, "failedResults", request_id)}
        if processed != len(statement.units) or len(errors) != failed:
            taken = {key async for key, _ in self._results(place, "successfulResults", request_id)}
            errors |= {
                key: "SERVER_UNAVAILABLE:the job did not say what became of it" for key in ids.keys() - taken - errors.keys()
            }
        said = [(id_, error) for key, error in errors.items() for id_ in ids.get(key, ())]
        return Outcome(
            "delivered",
            refused=tuple((id_, error[:REASON_LENGTH]) for id_, error in said if not error.startswith(_PASSING)),
            postponed=tuple((id_, error[:REASON_LENGTH]) for id_, error in said if error.startswith(_PASSING)),
        )

    async def _results(self, place: str, kind: str, request_id: str) -> AsyncIterator[tuple[str, str]]:
        answer = await self._sent("GET", f"{place}/{kind}", None, "text/csv", request_id)
        for row in csv.DictReader(io.StringIO(answer.text)):
            yield str(row.get(self._id_field) or ""), str(row.get("sf__Error") or "no reason given")

    async def _asked(self, method: str, path: str, document: object, request_id: str) -> dict[str, Any]:
        body = None if document is None else json.dumps(document).encode()
        answer = await self._sent(method, path, body, "application/json", request_id)
        try:
            found = json.loads(answer.text)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise _Trouble(Outcome("pending", "its answer is no JSON object", stops=True))
        return found

    async def _sent(self, method: str, path: str, body: bytes | None, kind: str, request_id: str) -> Answer:
        """The answer of a request that was taken; a token that is no longer taken is fetched anew, once."""
        for is_last in (False, True):
            is_new = self._token is None
            token = self._token or await self._fetched_token()
            headers = {"authorization": f"Bearer {token}", "x-request-id": request_id}
            headers |= {} if body is None else {"content-type": kind}
            outcome, answer = await self._request(method, f"{self._base}{API}{path}", body, headers)
            if outcome.verdict == "delivered" and answer is not None:
                return answer
            if answer is None or answer.status != 401 or is_new or is_last:
                break
            self._token = None
        raise _Trouble(outcome)

    async def _fetched_token(self) -> str:
        secrets = self._opening.secrets
        form = {"grant_type": "client_credentials", **{name: secrets.get(name, "") for name in ("client_id", "client_secret")}}
        headers = {"content-type": "application/x-www-form-urlencoded"}
        url = str(self._opening.settings.get("token_url") or f"{self._base}/services/oauth2/token")
        outcome, answer = await self._request("POST", url, urlencode(form).encode(), headers)
        if answer is not None and answer.status in (400, 401, 403):
            from dbt_audiences.sync.http import HOLD_REASON, reason_of

            raise _Trouble(Outcome("held", f"{reason_of(answer.status, answer.text)}; {HOLD_REASON}", stops=True))
        try:
            token = json.loads(answer.text)["access_token"] if answer is not None else None
        except (ValueError, KeyError, TypeError):
            token = None
        if outcome.verdict != "delivered" or not isinstance(token, str):
            raise _Trouble(outcome if outcome.verdict != "delivered" else Outcome("pending", "it gave no token", stops=True))
        self._token = token
        return token

    async def _request(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[Outcome, Answer | None]:
        from dbt_audiences.sync.http import Sending, send, session

        private = self._opening.allow_private_addresses
        refusal = private_refusal(url, allow_private_addresses=private)
        if refusal is not None:
            return refusal, None
        if self._client is None:
            self._client = session(allow_private_addresses=private, connections=1)
        sending = Sending(method, url, body, lambda: headers, most_bytes=_RESULT_BYTES)
        return await send(
            self._client,
            sending,
            judge=_judged,
            effects=self._opening.effects,
            pace=self._opening.pace,
            repeats_lost=method != "PUT",
        )


def _judged(answer: Answer) -> Outcome:
    """What an answer to a request about a job says; whatever is wrong with one is wrong with all rows."""
    from dbt_audiences.sync.http import judged, reason_of

    said = reason_of(answer.status, answer.text)
    if "REQUEST_LIMIT_EXCEEDED" in answer.text:
        return Outcome("pending", said, stops=True, is_throttled=True)
    if answer.status == 400 and "UNABLE_TO_LOCK_ROW" in answer.text:
        return Outcome("pending", said)
    if 200 <= answer.status < 300:
        return Outcome("delivered")  # a list of rows is no JSON
    found = judged(answer.status, answer.text)
    return Outcome("held", f"{said}; a person must act", stops=True) if found.verdict == "rejected" else found


def _cell(value: object) -> str:
    if value is None:
        return _NULL
    if isinstance(value, bool):
        return "true" if value else "false"
    return plain_numbers(value) if isinstance(value, str) else dumped(value)


SPEC = Spec(
    type="salesforce_bulk",
    settings=(
        Setting("instance_url", "url", is_required=True),
        Setting("external_id_field", "text", is_required=True),
        Setting("object", "text"),
        Setting("batch_size", "integer", most=50_000),
        Setting("base_url", "url"),
        Setting("token_url", "url"),
    ),
    secrets=("client_id", "client_secret"),
    forms=("boolean",),
    identifiers={"user_id": "last"},
    identifier_types=("user_id",),
    is_mixed=False,
    open=stated(Jobs, kind="salesforce_bulk", batch_size=5_000),
    needed_secrets=("client_id", "client_secret"),
    is_paced=True,
    rate_limit=RateLimit(5, 1, 1),
    takes_accounts=False,
    name="Salesforce, in bulk",
    description="A custom field `<key>__c` of each record, by jobs of Bulk API 2.0; traits go into `<name>__c`.",
    proven_by="contract receiver",
)
