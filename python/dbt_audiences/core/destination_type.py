"""A destination type as its file declares it: which requests say what, and what answers mean.

Templates are JSON-like values whose texts may hold `{{ ... }}`; expressions are the inside of one. Both are checked when the
file is read, and compiled when a destination is opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from dbt_audiences.core.definitions import Duration, Place, Which

Template: TypeAlias = object
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Encoding = Literal["json", "form"]
Form = Literal["boolean", "events", "list"]
Meaning = Literal["delivered", "pending", "throttled", "rejected", "split", "held"]
RowMeaning = Literal["delivered", "pending", "rejected"]
Normalization = Literal[
    "trim",
    "lower",
    "digits",
    "e164",
    "no_plus",
    "no_leading_zeros",
    "no_spaces",
    "gmail_without_dots",
    "without_tag",
    "name_without_dots",
    "name_without_tag",
]
Hash = Literal["sha256", "md5"]


@dataclass(frozen=True, slots=True)
class Field:
    """One identifier as it is sent.

    of         the type of identifier that it comes from
    normalize  applied in order, before hashing
    hash       lower-case hex of the UTF-8 text; a value that is a hash already goes as it is
    pattern    what is sent must match it as a whole; what does not is as if it were not there
    """

    name: str
    of: str
    send: Which = "last"
    normalize: tuple[Normalization, ...] = ()
    hash: Hash | None = None
    pattern: str | None = None
    is_default: bool = True


@dataclass(frozen=True, slots=True)
class Option:
    """One key of `settings:`; `default` is used where the destination's file says nothing."""

    name: str
    kind: Literal["text", "url", "integer"] = "text"
    is_required: bool = False
    choices: tuple[str, ...] = ()
    default: str | int | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a whole answer means: the first whose expression holds decides; `reason` is an expression."""

    when: str
    then: Meaning
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RowRule:
    """What an answer says of single rows: `each` gives items, and `key` of an item names its row.

    by      `index` (the place of the row in the request) or the name of a field
    """

    each: str
    by: str
    key: str
    then: RowMeaning = "rejected"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Skip:
    """Rows for which the expression `unless` does not hold take no part in a request and in what follows it."""

    unless: str
    then: RowMeaning
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Pages:
    """How a look-up goes on: `next` is an expression, sent as the query's `param` while it gives something."""

    param: str
    next: str


@dataclass(frozen=True, slots=True)
class Until:
    """A request that is repeated until the expression holds."""

    when: str
    seconds: int
    at_most: int


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request.

    path     a template below the base URL; what it inserts is percent-encoded
    save     name -> expression on the answer, known to later requests as `found.<name>`
    when     an expression: without it, or where it holds, the request is made
    """

    method: Method
    path: str
    query: Mapping[str, Template] = field(default_factory=dict)
    headers: Mapping[str, Template] = field(default_factory=dict)
    body: Template = None
    has_body: bool = False
    encoding: Encoding = "json"
    save: Mapping[str, str] = field(default_factory=dict)
    when: str | None = None
    skip: Skip | None = None
    answers: tuple[Rule, ...] = ()
    rows: tuple[RowRule, ...] = ()
    until: Until | None = None


@dataclass(frozen=True, slots=True)
class Find:
    """A request whose answer has an id: `id` is an expression; `absent` one that says that there is none."""

    call: Call
    id: str
    absent: str | None = None
    pages: Pages | None = None


@dataclass(frozen=True, slots=True)
class ListPlace:
    """Where the members of a list go.

    given    for people: what `list:` of a connection must hold where no list is looked up
    pattern  what it must match then
    settles_seconds  how long a new list takes until it can be filled
    """

    find: Find | None = None
    create: Find | None = None
    given: str | None = None
    pattern: str | None = None
    settles_seconds: int = 0


@dataclass(frozen=True, slots=True)
class OAuth1:
    """Templates of the two keys and their secrets, with which each request is signed (RFC 5849, HMAC-SHA1)."""

    consumer_key: str
    consumer_secret: str
    token: str
    token_secret: str


@dataclass(frozen=True, slots=True)
class Auth:
    """Credentials: headers and query of every request; with `token_url` a token is fetched first, and known as `token`."""

    headers: Mapping[str, Template] = field(default_factory=dict)
    query: Mapping[str, Template] = field(default_factory=dict)
    basic: tuple[str, str] | None = None
    token_url: str | None = None
    token_form: Mapping[str, Template] = field(default_factory=dict)
    token_basic: tuple[str, str] | None = None
    oauth1: OAuth1 | None = None
    token: str = "body.access_token"


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most so many requests in so many seconds, and so many at once, for one set of credentials."""

    requests: int
    seconds: int
    at_once: int = 4


@dataclass(frozen=True, slots=True)
class Sends:
    """The requests that add to, and remove from; the steps of each in order."""

    add: tuple[Call, ...]
    remove: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class DestinationType:
    """`destinations/types/<key>.yml`, or one that comes with the package.

    most_rows, most_bytes  of a request; `most_rows` None: one request that only counts who enters and leaves
    is_whole   one request of all members wherever one differs, of at most so many rows
    accounts   it can be told of accounts
    any_identifier  it takes identifiers of all types, and not those of `fields` alone
    minimum    members below which the vendor does not use a list; for people
    proven_by  for people: what its requests were held against
    every      the least interval between syncs of a list
    """

    key: str
    name: str
    description: str
    api_version: str
    docs: str
    proven_by: str
    options: tuple[Option, ...]
    secrets: tuple[str, ...]
    base_url: str
    auth: Auth
    fields: tuple[Field, ...]
    most_rows: int | None
    most_bytes: int
    is_whole: bool
    rate_limit: RateLimit | None
    list_place: ListPlace
    sends: Mapping[Form, Sends]
    answers: tuple[Rule, ...]
    row_rules: tuple[RowRule, ...]
    check: Call | None
    accounts: bool
    any_identifier: bool
    minimum: int
    place: Place
    every: Duration | None = None
