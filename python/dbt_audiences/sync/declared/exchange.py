"""Requests of a declared type sent: with credentials, at the pace that is allowed, and with lists looked up first."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dbt_audiences.core.destination_type import DestinationType, Find
from dbt_audiences.sync.addresses import private_refusal
from dbt_audiences.sync.channel import Opening, Outcome
from dbt_audiences.sync.declared.requests import Compiled, Credentials, compiled_call, sending_of
from dbt_audiences.sync.declared.templates import CannotRender, compiled, expression

if TYPE_CHECKING:
    import aiohttp

    from dbt_audiences.sync.http import Answer

MOST_PAGES = 200
NO_LIST = "no list"
"""The reason of an outcome that says that there is no list, and none was to be made."""


class Exchange:
    """Sends calls to one destination; `context` is what all templates know."""

    def __init__(self, type_: DestinationType, opening: Opening, context: Mapping[str, object]) -> None:
        self._type, self._opening, self._effects = type_, opening, opening.effects
        self.context: dict[str, Any] = dict(context)
        self.base_url = str(opening.settings.get("base_url") or compiled(type_.base_url)(self.context))
        self.credentials = Credentials(type_.auth)
        self.at_once = 4 if type_.rate_limit is None else type_.rate_limit.at_once
        self._client: aiohttp.ClientSession | None = None
        self._token: str | None = None
        self._list_id: object = None
        self._lock = asyncio.Lock()
        self._finds = {
            name: (find, compiled_call(find.call, type_))
            for name, find in (("find", type_.list_place.find), ("create", type_.list_place.create))
            if find is not None
        }

    def refusal(self) -> Outcome | None:
        """Why nothing can be sent to its address."""
        private = self._opening.allow_private_addresses
        urls = (self.base_url, str(self._opening.settings.get("token_url", "")))
        refusals = (private_refusal(url, allow_private_addresses=private) for url in urls)
        return next((refusal for refusal in refusals if refusal is not None), None)

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    async def call(self, call: Compiled, context: Mapping[str, object], request_id: str) -> tuple[Outcome, Answer | None]:
        """Send one call until its answer is final; a token that is refused is fetched anew, once."""
        refusal = await self._need_token()
        if refusal is not None:
            return refusal, None
        outcome, answer = await self._send(call, context, request_id)
        if answer is not None and outcome.verdict == "held" and self.credentials.token_url is not None:
            self._token = None
            refusal = await self._need_token()
            if refusal is None:
                outcome, answer = await self._send(call, context, request_id)
        waited = 0
        until = call.call.until
        while until is not None and call.until is not None and answer is not None and outcome.verdict == "delivered":
            from dbt_audiences.sync.declared.answers import facts_of

            if call.until({**context, **facts_of(answer)}):
                break
            waited += 1
            if waited > until.at_most:
                return Outcome("pending", "it was not done in time", stops=True, tries=outcome.tries), answer
            await self._effects.sleep(until.seconds)
            outcome, answer = await self._send(call, context, request_id)
        return outcome, answer

    async def list_id(self, context: Mapping[str, object], request_id: str, *, may_create: bool) -> object | Outcome:
        """The id of the list, looked up or made the first time; an `Outcome` where there is none to be had."""
        async with self._lock:
            if self._list_id is None:
                found = await self._found_or_made(context, request_id, may_create=may_create)
                if isinstance(found, Outcome):
                    return found
                self._list_id = found
            return self._list_id

    async def _found_or_made(self, context: Mapping[str, object], request_id: str, *, may_create: bool) -> object | Outcome:
        place = self._type.list_place
        if "find" not in self._finds:
            name = str(self.context["list"]["name"])
            if place.pattern is not None and re.fullmatch(place.pattern, name) is None:
                said = f"`list: {name}` of the connection must be {place.given or 'another text'}"
                return Outcome("unsent", said, stops=True)
            return name
        found = await self._look_up(*self._finds["find"], context, request_id)
        if found is not None:
            return found
        if not may_create:
            return Outcome("delivered", NO_LIST)
        if "create" not in self._finds:
            said = f"there is no list `{self.context['list']['name']}`, and lists are made by hand there"
            return Outcome("unsent", said, stops=True)
        made = await self._look_up(*self._finds["create"], context, request_id)
        if made is None:
            return Outcome("unsent", "the list was made, and its id was not in the answer", stops=True)
        if place.settles_seconds and not isinstance(made, Outcome):
            await self._effects.sleep(place.settles_seconds)
        return made

    async def _look_up(
        self, find: Find, call: Compiled, context: Mapping[str, object], request_id: str
    ) -> object | Outcome | None:
        from dbt_audiences.sync.declared.answers import facts_of

        id_of = expression(find.id)
        absent = None if find.absent is None else expression(find.absent)
        next_of = None if find.pages is None else expression(find.pages.next)
        page: object = None
        for _ in range(MOST_PAGES):
            paged = call if page is None or find.pages is None else _paged(call, find.pages.param, page)
            outcome, answer = await self.call(paged, context, request_id)
            facts = {} if answer is None else {**context, **facts_of(answer)}
            if absent is not None and answer is not None and absent(facts):
                return None
            if outcome.verdict != "delivered":
                verdict = "held" if outcome.verdict == "held" else "unsent"
                return Outcome(verdict, f"looking for its list: {outcome.reason}", stops=True)  # type: ignore[arg-type]
            found = id_of(facts)
            if found not in (None, ""):
                return found
            page = None if next_of is None else next_of(facts)
            if page in (None, "", False):
                return None
        return Outcome("unsent", f"its list is not among the first {MOST_PAGES} pages of lists", stops=True)

    async def _need_token(self) -> Outcome | None:
        if self.credentials.token_url is None or self._token is not None:
            return None
        from dbt_audiences.sync.declared.answers import facts_of
        from dbt_audiences.sync.http import judged, send

        sending = self.credentials.token_request(self.context)
        outcome, answer = await send(self._session(), sending, judge=lambda got: judged(got.status, ""), effects=self._effects)
        token = None if answer is None else self.credentials.token_of({**self.context, **facts_of(answer)})
        if outcome.verdict == "delivered" and token is not None:
            self._token = str(token)
            self.context["token"] = self._token
            return None
        if answer is not None and 400 <= answer.status < 500 and answer.status != 429:
            return Outcome("held", f"{answer.status}: no token was given; a person must renew the credentials", stops=True)
        return Outcome("unsent", f"no token: {outcome.reason}", stops=True)

    async def _send(self, call: Compiled, context: Mapping[str, object], request_id: str) -> tuple[Outcome, Answer | None]:
        from dbt_audiences.sync.http import send

        whole = {**context, "token": self._token}
        try:
            sending = sending_of(self.base_url, call, self.credentials, whole, request_id, self._effects)
        except CannotRender as error:
            return Outcome("rejected", str(error), divides=True), None
        if sending.body is not None and len(sending.body) > self._type.most_bytes:
            return Outcome("rejected", f"it is larger than {self._type.most_bytes:,} bytes", divides=True), None
        return await send(
            self._session(),
            sending,
            judge=lambda answer: call.answers.judged(answer, whole),
            effects=self._effects,
            pace=self._opening.pace,
        )

    def _session(self) -> aiohttp.ClientSession:
        from dbt_audiences.sync.http import session  # aiohttp takes long to import, and most commands send nothing

        if self._client is None:
            private = self._opening.allow_private_addresses
            self._client = session(allow_private_addresses=private, connections=self.at_once)
        return self._client


def _paged(call: Compiled, param: str, page: object) -> Compiled:
    """The call with one more word in its query."""
    return replace(call, query=lambda context: {**call.query(context), param: page})  # type: ignore[dict-item]
