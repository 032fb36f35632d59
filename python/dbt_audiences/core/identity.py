"""The types of identifiers: those that are always known, and what `identity.yml` says of them and adds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from dbt_audiences.core.phones import PhoneRule, e164

FIRST = ("user_id", "email")
"""Types that go before all others where a call has several, in this order; the others follow by their names."""
STANDARD = (
    *FIRST, "android.id", "android.idfa", "android.push_token", "anonymous_id", "ga_client_id", "ios.id", "ios.idfa",
    "ios.push_token",
)  # fmt: skip
"""Every type that is known without `identity.yml`."""
ACCOUNT = "group_id"
"""What an account is known by, which is no type of identifier of users."""

From = Literal["trait", "property", "external_id"]
Normalize = Literal["lower_trim", "phone"]
Period = Literal["week", "month", "year"]

_BLANKS = " \t\r\n"
_AS_WRITTEN = ("user_id", "anonymous_id", "android.idfa", "ios.idfa")


@dataclass(frozen=True, slots=True)
class Custom:
    """Where a type of the project's own is read from: a trait, a property, or an external id of the type `key`."""

    source: From
    key: str

    @property
    def keys(self) -> tuple[str, ...]:
        """The key, and of traits and properties the same in camelCase or snake_case, which counts where the first is absent."""
        if self.source == "external_id":
            return (self.key,)
        return tuple(dict.fromkeys((self.key, *_other_cases(self.key))))


@dataclass(frozen=True, slots=True)
class Limit:
    """How many values of a type a profile may have: ever, or that were first seen within a week, a month or a year."""

    count: int
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class ProfileLimits:
    """What no profile may exceed, whatever the types; None is no limit.

    merges       how many profiles it may take in, directly or through others
    identifiers  how many identifiers it may have
    shared_by    how many others an identifier may be named with before it ties nobody together
    """

    merges: int | None = 100
    identifiers: int | None = 1000
    shared_by: int | None = 1000


@dataclass(frozen=True, slots=True)
class Identity:
    """What `identity.yml` says; without the file nothing is blocked, aliases link, and the limits are Segment's.

    custom            name -> where it is read from
    priority          types that go before all others where a call has several, in this order
    limits            type -> how many values of it a profile may have, where that is said; None is no limit
    normalize         type -> how its values are written, where that is said
    regions           type -> the region of its numbers that name no country, where that is said
    blocked           type, or `*` for all -> values that identify nobody
    blocked_patterns  the same -> regular expressions of such values
    """

    custom: Mapping[str, Custom] = field(default_factory=dict)
    normalize: Mapping[str, Normalize] = field(default_factory=dict)
    blocked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    blocked_patterns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    aliases_link: bool = True
    priority: tuple[str, ...] = ()
    limits: Mapping[str, Limit | None] = field(default_factory=dict)
    profile_limits: ProfileLimits = ProfileLimits()
    regions: Mapping[str, PhoneRule] = field(default_factory=dict)

    @property
    def types(self) -> tuple[str, ...]:
        """Every type, the one first that goes before the others where a call has several."""
        first = dict.fromkeys((*self.priority, *FIRST))
        return (*first, *sorted({*STANDARD, *self.custom} - first.keys()))

    def normal(self, type_: str, value: str) -> str:
        """A value as staging writes it; empty where it is none."""
        way = self.normalize.get(type_) or ("lower_trim" if type_ == "email" else None)
        if way == "phone":
            return e164(value, self.regions.get(type_))
        if way == "lower_trim":
            return value.strip(_BLANKS).lower()
        return value if type_ in _AS_WRITTEN else value.strip(_BLANKS)

    def place(self, type_: str) -> tuple[str, str, str]:
        """Where a call names an identifier: its column, and for a column of JSON what stands before and after the value."""
        if type_ in ("user_id", "anonymous_id"):
            return type_, "", ""
        custom = self.custom.get(type_)
        if type_ == "email" or (custom is not None and custom.source == "trait"):
            return "context", f'{{"traits":{{{json.dumps(custom.key if custom else type_)}:', "}}"
        if custom is not None and custom.source == "property":
            return "properties", f"{{{json.dumps(custom.key)}:", "}"
        if custom is not None:
            marks = f'"type":{json.dumps(custom.key)},"collection":"users","encoding":"none"'
            return "context", f'{{"externalIds":[{{{marks},"id":', "}]}"
        if type_ == "ga_client_id":
            return "context", '{"integrations":{"Google Analytics":{"clientId":', "}}}"
        device, name = type_.split(".")
        key = {"id": "id", "idfa": "advertisingId", "push_token": "token"}[name]
        allowed = '"adTrackingEnabled":true,' if name == "idfa" else ""
        return "context", f'{{"device":{{"type":"{device}",{allowed}"{key}":', "}}"


def _other_cases(key: str) -> Iterator[str]:
    if re.fullmatch(r"[a-z0-9]+(?:_[a-z0-9]+)+", key):
        first, *others = key.split("_")
        yield first + "".join(word[0].upper() + word[1:] for word in others)
    elif re.fullmatch(r"[a-z0-9]+(?:[A-Z][a-z0-9]*)+", key):
        yield re.sub(r"[A-Z]+(?![a-z0-9])|[A-Z]", lambda found: f"_{found[0].lower()}", key)


UNCHANGED = Identity()
"""A project without the file."""
