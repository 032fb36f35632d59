"""JSON Schema of an alert: alerts/<key>.yml."""

from __future__ import annotations

from dbt_audiences.core.alerts import IN_APP
from dbt_audiences.spec.alert import LIMITS, RECIPIENT_TYPES, RULES, WATCHED
from dbt_audiences.spec.schema_words import Schema, any_required, described, listed, mapping, ref, words

_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_PERCENT: Schema = {"type": "string", "pattern": r"^\s*[0-9]{1,6}(\.[0-9]{1,9})?\s*%\s*$", "examples": ["4%"]}
_SCOPES = ("audience", "destination", "source")


def alert_file() -> Schema:
    """`alerts/<key>.yml`."""
    limit: Schema = {"anyOf": [_COUNT, _PERCENT, ref("fixed_length")]}
    properties: dict[str, Schema] = {
        "alert": described(ref("key"), "The key: the file's name without `.yml`."),
        "name": {"type": "string", "pattern": r"\S", "description": "What people call it."},
        "description": _TEXT,
        "owner": described(_TEXT, "Who sees to it; told with the message."),
        "on": described(words(*WATCHED), "What is watched."),
        "audience": described(ref("key"), "The audience that is watched."),
        "destination": described(ref("key"), "The destination whose deliveries are watched."),
        "source": described(_TEXT, "The source whose calls are watched; all by default."),
        "above": described(limit, "More than that: a count, a percentage, or of freshness a length of time."),
        "below": described(limit, "Less than that."),
        "change": described(_PERCENT, "More than that part of what was before, up or down."),
        "over": described(ref("fixed_length"), "The window, and the one before it; 24 hours by default."),
        "minimum": described({"type": "integer", "minimum": 1}, "Below that much nothing is judged."),
        "send_to": described(listed(ref("recipient")), "Who is told."),
        "targets": described(ref("texts"), "The dbt targets in which it is judged."),
        "enabled": {"type": "boolean"},
    }
    return mapping(properties, required=("alert", "on", "send_to"), allOf=[_rule(on) for on in WATCHED])


def _rule(on: str) -> Schema:
    """What belongs to one word of `on`."""
    rule = RULES[on]  # type: ignore[index]  # it is one of WATCHED
    foreign = [key for key in _SCOPES if key not in (*rule.needs, *rule.knows)]
    foreign += [key for key in LIMITS if key not in rule.limits]
    then: Schema = {"required": list(rule.needs), "not": {"anyOf": any_required(tuple(foreign))}}
    if rule.limits:
        then["anyOf"] = any_required(rule.limits)
    return {"if": {"properties": {"on": {"const": on}}, "required": ["on"]}, "then": then}


def alert_definitions() -> Schema:
    """The shared definitions of this file."""
    inline = mapping(
        {
            "type": words(*RECIPIENT_TYPES),
            "settings": {"type": "object", "description": "As those of a destination of this type."},
            "secrets": ref("secrets"),
            "allow_private_addresses": {"type": "boolean"},
        },
        required=("type",),
    )
    named = mapping({"destination": described(ref("key"), "One of the project.")}, required=("destination",))
    return {"recipient": {"anyOf": [{"const": IN_APP}, named, inline]}}
