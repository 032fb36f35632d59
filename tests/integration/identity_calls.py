"""Calls that name every type of identifier, for both engines; and which of them are one profile."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

IDENTITY = r"""
identifiers:
  phone: {trait: phone, normalize: phone}
  loyalty_id: {property: loyalty id, blocked: ["0"]}
  crm_id: {external_id: crm_id}
  shop_no: {property: shop_no}
  badge: {trait: badgeNo2}
  handle: {trait: it's "handle", normalize: lower_trim}
  email: {normalize: lower_trim, blocked: [nobody@example.com]}
  user_id: {blocked: ["-1", "null", "it's nobody"], blocked_patterns: ['^[0-]*$']}
blocked: [undefined]
blocked_patterns: ['^test\.']
"""


def external(id_: object, kind: str = "crm_id", **marks: object) -> dict[str, object]:
    return {"externalIds": [{"id": id_, "type": kind, "collection": "users", "encoding": "none", **marks}]}


def device(kind: str, **more: object) -> dict[str, object]:
    return {"device": {"type": kind, **more}}


def client(id_: object) -> dict[str, object]:
    return {"integrations": {"Google Analytics": {"clientId": id_}, "All": True}}


PLACES: dict[tuple[str, str], tuple[dict[str, Any], dict[str, Any]]] = {
    ("user_id", "u"): ({"user_id": "u"}, {"user_id": "u"}),
    ("email", "ann@example.com"): (
        {"traits": {"email": " Ann@Example.COM\t"}},
        {"context": {"traits": {"email": "ann@example.com"}}},
    ),
    ("anonymous_id", "a"): ({"anonymous_id": "a"}, {"anonymous_id": "a"}),
    ("android.id", "d"): ({"context": device("Android", id="d")}, {"context": device("android", id=" d ")}),
    ("android.idfa", "d"): (
        {"context": device("android", advertisingId="d", adTrackingEnabled=True)},
        {"context": device("ANDROID", advertisingId="d", adTrackingEnabled=True)},
    ),
    ("android.push_token", "d"): ({"context": device("android", token="d")}, {"context": device("android", token="d")}),
    ("ios.id", "d"): ({"context": device("ios", id="d")}, {"context": device("iOS", id="d")}),
    ("ios.idfa", "d"): (
        {"context": device("ios", advertisingId="d", adTrackingEnabled=True)},
        {"context": device("ios", advertisingId="d", adTrackingEnabled="true")},
    ),
    ("ios.push_token", "d"): ({"context": device("ios", token="d")}, {"context": device("ios", token="d")}),
    ("ga_client_id", "17.4"): ({"context": client("17.4")}, {"context": client("17.4")}),
    ("phone", "+491701234567"): (
        {"traits": {"phone": "+49 (170) 123-45.67"}},
        {"context": {"traits": {"phone": "00491701234567"}}},
    ),
    ("loyalty_id", "77"): ({"properties": {"loyalty id": 77}}, {"properties": {"loyalty id": " 77"}}),
    ("shop_no", "5"): ({"properties": {"shopNo": 5, "shop_no": None}}, {"properties": {"shop_no": "5", "shopNo": "6"}}),
    ("badge", "5"): ({"traits": {"badge_no2": "5"}}, {"context": {"traits": {"badgeNo2": "5"}}}),
    ("crm_id", "c"): (
        {"context": external("c")},
        {"context": {"externalIds": [external("x", "other")["externalIds"][0], external("c")["externalIds"][0]]}},  # type: ignore[index]
    ),
    ("handle", "ann"): ({"traits": {'it\'s "handle"': "Ann"}}, {"context": {"traits": {'it\'s "handle"': " ANN "}}}),
}
"""(type, value) -> what two calls say that have nothing but this identifier in common."""

NOBODY: tuple[dict[str, Any], ...] = (
    {"user_id": "-1"}, {"user_id": "null"}, {"user_id": "0000-0000"}, {"user_id": "it's nobody"}, {"user_id": "undefined"},
    {"anonymous_id": "undefined"}, {"anonymous_id": "test.7"}, {"traits": {"email": "Nobody@Example.com"}},
    {"traits": {"email": None}}, {"traits": {"email": " "}}, {"context": {"device": None}}, {"context": device("tv", id="9")},
    {"context": {"device": {"id": "9"}}}, {"context": device("ios", id="")},
    {"context": device("ios", advertisingId="9")}, {"context": device("android", advertisingId="9", adTrackingEnabled=False)},
    {"context": device("ios", advertisingId="9", adTrackingEnabled=1)}, {"context": device("ios", token="  ")},
    {"context": client(None)}, {"context": {"integrations": {"Google Analytics": "on"}}}, {"context": {"integrations": []}},
    {"traits": {"phone": "0170 1234567"}}, {"traits": {"phone": "+0123456789"}}, {"traits": {"phone": "+49123"}},
    {"traits": {"phone": "+1234567890123456"}}, {"properties": {"loyalty id": "0"}}, {"properties": {"loyalty id": 0}},
    {"properties": {"loyalty id": {"a": 1}}}, {"properties": {"loyalty id": [1]}}, {"properties": {"loyalty id": True}},
    {"properties": {"loyalty id": None}}, {"properties": {"loyalty id": " "}}, {"context": external("9", "CRM_ID")},
    {"context": external("9", "crmId")},
    {"properties": {"Shop_no": "9", "shopno": "9", "SHOP_NO": "9"}}, {"traits": {"badgeno2": "9", "badge_no_2": "9"}},
    {"context": external("9", collection="accounts")}, {"context": external("9", encoding="base64")},
    {"context": external("undefined")}, {"context": {"externalIds": [{"id": "9", "type": "crm_id"}]}},
    {"context": {"externalIds": "crm_id"}},
)  # fmt: skip
"""What two calls may have in common and are two profiles, or none, all the same."""


BLOCKED = {
    **dict.fromkeys([("user_id", one) for one in ("-1", "null", "0000-0000", "it's nobody", "undefined")], 3),
    **dict.fromkeys([("anonymous_id", one) for one in ("undefined", "test.7")], 3),
    ("email", "nobody@example.com"): 3, ("loyalty_id", "0"): 6, ("crm_id", "undefined"): 3,
}  # fmt: skip
"""(type, value) -> how many of the calls name it in vain."""
VIOLATIONS = "select type, value, call_count from audiences.identity_violations where reason = 'blocked' and profile_id is null"


def calls() -> list[dict[str, Any]]:
    """Columns of `raw.calls` of three calls for each of `PLACES` and two for each of `NOBODY`."""
    found = []
    for number, (kind, said) in enumerate(PLACES):
        for turn, parts in enumerate(PLACES[kind, said]):
            found.append(_named(parts, _by(kind), f"{number}-{turn}"))
        found.append({**PLACES[kind, said][1], "message_id": f"alone-{number}"})
    for number, parts in enumerate(NOBODY):
        for turn in range(2):
            found.append(_named(parts, _by(*parts), f"nobody-{number}-{turn}"))
        found.append({**parts, "message_id": f"nobody-{number}"})
    return [{"type": "identify", "occurred_at": "2026-01-01 00:00:00", **one} for one in found]


def _named(parts: dict[str, Any], by: str, value: str) -> dict[str, Any]:
    """The parts of a call that names somebody else too."""
    if by == "anonymous_id":
        return {**parts, "anonymous_id": f"by-{value}", "message_id": value}
    return {**parts, "traits": {"email": f"by-{value}@example.com"}, "message_id": value}


def _by(*columns: str) -> str:
    """The type of identifier that a call has besides, of which a profile may have several."""
    return "email" if {"user_id", "anonymous_id"} & set(columns) else "anonymous_id"


def expected() -> list[tuple[str, ...]]:
    """The identifiers of each profile, as `type:value`, sorted."""
    profiles = []
    for number, (kind, said) in enumerate(PLACES):
        profiles.append(_sorted((f"{kind}:{said}", *(_other(_by(kind), f"{number}-{turn}") for turn in range(2)))))
    for number, parts in enumerate(NOBODY):
        profiles += [(_other(_by(*parts), f"nobody-{number}-{turn}"),) for turn in range(2)]
    return sorted(profiles)


def _other(by: str, value: str) -> str:
    return f"{by}:by-{value}" + ("@example.com" if by == "email" else "")


def found(rows: Iterable[tuple[Any, ...]]) -> list[tuple[str, ...]]:
    """The same of rows of profile_id, type, value."""
    profiles: dict[str, list[str]] = {}
    for profile_id, kind, value in rows:
        profiles.setdefault(profile_id, []).append(f"{kind}:{value}")
    return sorted(_sorted(one) for one in profiles.values())


def _sorted(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(texts))
