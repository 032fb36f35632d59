"""What a destination type is: its settings, and a channel that turns units into requests and delivers them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from dbt_audiences.core.definitions import Duration, SendAs, Which
from dbt_audiences.core.destination_type import DestinationType, RateLimit
from dbt_audiences.sync.effects import Effects
from dbt_audiences.sync.pace import Pace

Side = Literal["add", "remove"]
Verdict = Literal["delivered", "rejected", "held", "pending", "unsent"]

IDENTIFIER_COLUMNS = ("user_id", "email", "anonymous_id")
ACCOUNT_IDENTIFIER = "group_id"
"""The identifier of an account: its own id."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One call or list member: a profile under one value of each identifier type; `traits` is a JSON object's text."""

    profile_id: str
    side: Side
    identifiers: Mapping[str, str]
    traits: str


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent at once, as the outbox keeps it; sent again it is byte for byte the same under the same id.

    attempts  how often it was sent before
    """

    id: str
    body: str
    row_count: int
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request.

    verdict   `pending`: its fate is unknown, try the same again; `unsent`: it never left, plan anew; `held`: a person must act
    refused   (messageId or profile_id, reason) of what a delivered request's answer did not take
    postponed  the same of what it did not take now, and may take another time
    divides   a rejection that may be one row's fault
    stops     nothing more should be sent now
    is_throttled  it came too fast
    tries     how often it was sent in this process
    """

    verdict: Verdict
    reason: str | None = None
    refused: tuple[tuple[str, str], ...] = ()
    divides: bool = False
    stops: bool = False
    tries: int = 1
    postponed: tuple[tuple[str, str], ...] = ()
    is_throttled: bool = False


@dataclass(frozen=True, slots=True)
class Envelope:
    """What all requests of one sync share.

    audience  the key of the audience or trait
    values    the names of the traits whose values are sent; none for an audience
    """

    destination: str
    audience: str
    as_: SendAs
    list_name: str
    entered_event: str
    exited_event: str
    project: str
    as_of: datetime
    sync_id: str
    values: tuple[str, ...] = ()
    computed_event: str = "Trait Computed"


@dataclass(frozen=True, slots=True)
class Opening:
    """What a channel is opened with; `secrets` are rendered and must not leave the channel.

    pace          of the credentials, for types that keep one
    secret_names  those that are set, also where nothing is sent and none is rendered
    """

    envelope: Envelope
    settings: Mapping[str, object]
    secrets: Mapping[str, str]
    shown_settings: Mapping[str, object]
    allow_private_addresses: bool
    root: Path
    effects: Effects
    pace: Pace = field(default_factory=Pace)
    secret_names: tuple[str, ...] = ()


class Channel(Protocol):
    """One destination during one sync."""

    content_type: str
    """Of its bodies; what was written down with another one belongs to another type of destination."""
    batch_size: int | None
    """Units in a request; None: all in one."""
    is_whole: bool
    """A difference is answered by all that must hold, in one request, and not by what changed."""

    def draft(self, request_id: str, side: Side | None, units: Iterable[Unit]) -> str:
        """The body to write down before anything is sent."""

    def shown(self, request_id: str, side: Side | None, units: Iterable[Unit]) -> dict[str, object]:
        """The request as it would be sent, without secrets; leaves no trace."""

    def shown_again(self, request: Request) -> dict[str, object]:
        """The same of one that was written down before."""

    def deliver(self, requests: Sequence[Request]) -> list[Outcome]:
        """Send them and say what became of each, in their order; never raises for what the other side does."""

    def try_out(self) -> Outcome:
        """Whether it can be reached and takes the credentials; changes nothing there."""

    def tidy(self, kept: Sequence[str]) -> None:
        """Remove what was prepared for requests that will never be sent; `kept` are the bodies of those that will."""

    def close(self) -> None:
        """Release connections."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of `settings:`; `kind` is what it holds once rendered."""

    name: str
    kind: Literal["text", "url", "integer"]
    is_required: bool = False
    choices: tuple[str, ...] = ()
    least: int = 1
    most: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Spec:
    """A destination type.

    forms             what `as:` may be; the first is the default
    value_forms       the same for a trait; none: it takes no traits; None: those of `forms` that can hold a value
    identifiers       the default for a send that names none
    identifier_types  the only types it can carry; None: any
    is_mixed          adds and removals go in one request
    list_every        the least interval between syncs of a list
    is_paced          it is asked by requests, which keep a pace; `rate_limit` is what it allows of itself
    needed_secrets    those of `secrets` without which it cannot work
    check_secret      raises `ValueError` for a rendered secret that cannot work
    takes_accounts    it can be told of accounts, and not of users only
    keeps_history     what was sent stays there beside its removal: files of changes, messages
    name, description, proven_by  for people
    declaration       the file that declares it, where one does
    """

    type: str
    settings: tuple[Setting, ...]
    secrets: tuple[str, ...]
    forms: tuple[SendAs, ...]
    identifiers: Mapping[str, Which]
    identifier_types: tuple[str, ...] | None
    is_mixed: bool
    open: Callable[[Opening], Channel]
    needed_secrets: tuple[str, ...] = ()
    check_secret: Callable[[str, str], None] | None = None
    value_forms: tuple[SendAs, ...] | None = None
    is_paced: bool = False
    rate_limit: RateLimit | None = None
    list_every: Duration | None = None
    takes_accounts: bool = True
    keeps_history: bool = False
    declaration: DestinationType | None = None
    name: str = ""
    description: str = ""
    proven_by: str = "not yet"

    def forms_of(self, *, is_value: bool) -> tuple[SendAs, ...]:
        """What `as:` may be for an audience, or for a trait."""
        if not is_value:
            return self.forms
        return tuple(form for form in self.forms if form != "list") if self.value_forms is None else self.value_forms
