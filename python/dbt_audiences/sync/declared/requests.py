"""Calls of a declaration compiled, and rendered to what is sent or shown."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass
from typing import Any
from urllib.parse import urlencode

from dbt_audiences.core.destination_type import Auth, Call, DestinationType
from dbt_audiences.sync.declared.answers import Answers
from dbt_audiences.sync.declared.oauth1 import authorization
from dbt_audiences.sync.declared.templates import CannotRender, Context, Rendered, compiled, expression, path_of
from dbt_audiences.sync.effects import Effects
from dbt_audiences.sync.http import Sending
from dbt_audiences.sync.json_text import dumped, plain_numbers

CONTENT_TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded"}


class Shown(dict[str, Any]):
    """Stands for values that must not or cannot be shown yet: any key gives a word for it."""

    def __missing__(self, key: str) -> str:
        return f"<{key}>"


@dataclass(frozen=True, slots=True)
class Compiled:
    """A call with its templates and expressions compiled."""

    call: Call
    path: Callable[[Context], str]
    query: Rendered
    headers: Rendered
    body: Rendered
    when: Rendered | None
    unless: Rendered | None
    until: Rendered | None
    save: Mapping[str, Rendered]
    answers: Answers


def compiled_call(call: Call, type_: DestinationType | None = None) -> Compiled:
    """The call, with the answers of its type behind its own."""
    rules = (*call.answers, *(() if type_ is None else type_.answers))
    row_rules = (*call.rows, *(() if type_ is None else type_.row_rules))
    return Compiled(
        call,
        path_of(call.path),
        compiled(dict(call.query)),
        compiled(dict(call.headers)),
        compiled(call.body),
        None if call.when is None else expression(call.when),
        None if call.skip is None else expression(call.skip.unless),
        None if call.until is None else expression(call.until.when),
        {name: expression(text) for name, text in call.save.items()},
        Answers(rules, row_rules),
    )


class Credentials:
    """Headers and query that every request carries, and the request for a token where one is needed."""

    def __init__(self, auth: Auth) -> None:
        self._headers, self._query = compiled(dict(auth.headers)), compiled(dict(auth.query))
        self._basic = None if auth.basic is None else compiled(":".join(auth.basic))
        self.token_url = None if auth.token_url is None else compiled(auth.token_url)
        self._form = compiled(dict(auth.token_form))
        self._oauth1 = None if auth.oauth1 is None else [compiled(text) for text in astuple(auth.oauth1)]
        self._login = None if auth.token_basic is None else compiled(":".join(auth.token_basic))
        self.token_of = expression(auth.token)

    def headers(self, context: Context) -> dict[str, str]:
        """Of every request."""
        found = _texts(self._headers(context))
        if self._basic is not None:
            found["Authorization"] = _basic(self._basic(context))
        return found

    def signed(self, context: Context, method: str, url: str, effects: Effects) -> dict[str, str]:
        """The signature of one request sent now; nothing where none is asked for."""
        if self._oauth1 is None:
            return {}
        keys = dict(zip(("consumer_key", "consumer_secret", "token", "token_secret"), self._oauth1, strict=True))
        texts = {name: str(value(context)) for name, value in keys.items()}
        made = authorization(method, url, **texts, nonce=effects.token(), epoch=int(effects.clock().timestamp()))
        return {"authorization": made}

    def query(self, context: Context) -> dict[str, str]:
        """Of every request."""
        return _texts(self._query(context))

    def token_request(self, context: Context) -> Sending:
        """The request that fetches a token; only where `token_url` is."""
        assert self.token_url is not None
        settings: Any = context["settings"]
        url = settings.get("token_url") or self.token_url(context)
        body = urlencode(_texts(self._form(context))).encode()
        login = {} if self._login is None else {"authorization": _basic(self._login(context))}
        return Sending("POST", str(url), body, lambda: {"content-type": CONTENT_TYPES["form"], **login})


def _basic(login: object) -> str:
    return f"Basic {base64.b64encode(str(login).encode()).decode()}"


def body_bytes(call: Compiled, context: Context) -> bytes | None:
    """The body; None where the call has none."""
    if not call.call.has_body:
        return None
    made = call.body(context)
    if call.call.encoding == "form":
        return urlencode(_texts(made)).encode()
    return dumped(made).encode()


def url_of(base_url: str, call: Compiled, context: Context, more: Mapping[str, str]) -> str:
    """The whole URL, percent-encoded."""
    query = urlencode({**_texts(call.query(context)), **more})
    path = "" if call.call.path == "/" else call.path(context)
    return f"{base_url.rstrip('/')}{path}{f'?{query}' if query else ''}"


def sending_of(
    base_url: str, call: Compiled, credentials: Credentials, context: Context, request_id: str, effects: Effects
) -> Sending:
    """What is sent; raises `CannotRender`."""
    body = body_bytes(call, context)
    own = _texts(call.headers(context))
    url = url_of(base_url, call, context, credentials.query(context))

    def headers() -> dict[str, str]:
        signed = credentials.signed(context, call.call.method, url, effects)
        found = {"accept": "application/json", **credentials.headers(context), **signed, **own}
        if body is not None and "content-type" not in {name.lower() for name in own}:
            found["content-type"] = CONTENT_TYPES[call.call.encoding]
        return {**found, "x-request-id": request_id}

    return Sending(call.call.method, url, body, headers)


def shown_call(base_url: str, call: Compiled, context: Context) -> dict[str, object]:
    """The request as far as it is known before the ones before it were answered; without credentials."""
    shown: dict[str, object] = {"method": call.call.method}
    try:
        shown["url"] = url_of(base_url, call, context, {})
        if call.call.has_body:
            shown["body"] = call.body(context)
    except CannotRender:
        shown.setdefault("url", f"{base_url.rstrip('/')}{call.call.path}")
        shown["body"] = "made from the answers to the requests before"
    return shown


def _texts(made: object) -> dict[str, str]:
    """Scalars as texts, lists and mappings as JSON."""
    assert isinstance(made, Mapping)
    return {str(name): plain_numbers(value) if isinstance(value, str) else dumped(value) for name, value in made.items()}
