"""The frame of a contract: routes, credentials, and who is in which list."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from tests.integration.receiver import Answer, Received

Handler = Callable[..., Answer]


@dataclass(frozen=True)
class Person:
    """Identifiers as they stand in the warehouse; `normal` is the email as vendors compare it."""

    name: str
    email: str
    user_id: str

    @property
    def normal(self) -> str:
        return self.email.strip().lower()


ANN = Person("ann", "Ann@Example.com", "user-ann")
BOB = Person("bob", "bob@example.com", "00123")
BAD = Person("bad", "bad@example.com", "user-bad")


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def answer(status: int, document: Any = None, **headers: str) -> Answer:
    return Answer(status, "" if document is None else json.dumps(document), headers=headers)


class Refused(Exception):
    """The request is not what the documentation asks for."""


def need(holds: object, said: str) -> None:
    if not holds:
        raise Refused(said)


class Contract:
    """One vendor. `held` is who is in, under the identifier that the vendor knows; `unset` is who was told to be out."""

    key: ClassVar[str]
    settings: ClassVar[dict[str, str]] = {}
    secrets: ClassVar[dict[str, str]] = {"api_key": "right"}
    as_: ClassVar[str] = "list"
    list_name: ClassVar[str | None] = None
    makes_lists: ClassVar[bool] = True
    makes_jobs: ClassVar[bool] = False
    """Each request is a new job, whose id stands in the paths that follow."""

    routes: ClassVar[dict[str, str]] = {}
    """`METHOD /path with (groups)` -> the name of the method that answers."""

    def __init__(self) -> None:
        self.lists: dict[str, str] = {}
        self.held: set[str] = set()
        self.unset: set[str] = set()
        self.events: list[tuple[str, str]] = []
        self.surprises: list[str] = []
        self.changes: list[Received] = []
        self.is_patient = True

    def who(self, person: Person) -> str:
        """What the vendor knows a person by."""
        return person.normal

    def is_bad(self, who: str) -> bool:
        return who == self.who(BAD)

    def authorized(self, got: Received) -> bool:
        return got.headers.get("authorization") == f"Bearer {self.secrets['access_token']}"

    def unauthorized(self, got: Received) -> Answer:
        return answer(401, {"message": "unauthorized"})

    def is_change(self, got: Received) -> bool:
        """Whether a request is one that adds or removes."""
        return got.method != "GET"

    def wrong(self, said: str) -> Answer:
        return answer(400, {"message": said})

    def __call__(self, got: Received) -> Answer:
        if not self.authorized(got):
            return self.unauthorized(got)
        for route, name in self.routes.items():
            method, _, path = route.partition(" ")
            found = re.fullmatch(path, got.path)
            if method == got.method and found is not None:
                try:
                    return getattr(self, name)(got, *found.groups())
                except Refused as refused:
                    self.surprises.append(f"{route}: {refused} in {got.body.decode()[:500]}")
                    return self.wrong(str(refused))
        self.surprises.append(f"{got.method} {got.path}")
        return answer(404, {"message": "no such path"})

    # --- lists ---

    def list_made(self, name: str) -> str:
        need(name and name not in self.lists, f"the list {name} is made twice")
        self.lists[name] = str(9_007_199_254_740_993 + len(self.lists))
        return self.lists[name]

    def need_list(self, id_: object) -> None:
        need(isinstance(id_, str) and id_ in self.lists.values(), f"no list {id_!r}")

    def change(self, adds: bool, people: list[str]) -> None:
        (self.held.update if adds else self.held.difference_update)(people)
        if not adds:
            self.unset.update(people)

    def set_value(self, who: str, value: object) -> None:
        need(value in (True, False, "true", "false"), f"no truth: {value!r}")
        self.change(value in (True, "true"), [who])
