"""JSON Schema of whole files: an audience, a computed trait, a destination."""

from __future__ import annotations

from dbt_audiences.spec.destination import SECRET
from dbt_audiences.spec.schema_conditions import window_properties
from dbt_audiences.spec.schema_words import Schema, any_required, described, listed, mapping, not_together, ref, words
from dbt_audiences.spec.send_to import TRAIT_FORMS
from dbt_audiences.spec.trait import FUNCTIONS

_TEXT: Schema = {"type": "string"}
_TRUTH: Schema = {"type": "boolean"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_SHARE: Schema = {"type": "number", "minimum": 0}


def _head(word: str) -> dict[str, Schema]:
    """What audiences and traits share."""
    return {
        word: described(ref("key"), "The key: the file's name without `.yml`. It never changes."),
        "name": {"type": "string", "pattern": r"\S", "description": "What people call it."},
        "description": _TEXT,
        "of": described(words("users", "accounts"), "Whose; users by default."),
        "owner": _TEXT,
        "folder": described(_TEXT, "What it is grouped under."),
        "enabled": described(_TRUTH, "false: neither computed nor sent."),
        "timezone": described(_TEXT, "For bare dates and calendar days, such as Europe/Berlin; UTC by default."),
        "every": described(ref("every"), "How often it is computed: a cron expression or a length of time."),
        "tags": described(ref("texts"), "Tags of the dbt model."),
        "meta": {"type": "object", "description": "meta of the dbt model."},
        "examples": listed(ref("example" if word == "audience" else "example_of_trait"), 0),
    }


def audience_file() -> Schema:
    """`audiences/<key>.yml`."""
    properties = _head("audience") | {
        "include_anonymous": described(_TRUTH, "Profiles with nothing but an anonymous_id too."),
        "identifiers": described(ref("texts"), "Exactly the identifier types that make a profile eligible."),
        "history": {
            "anyOf": [words("all", "none"), ref("fixed_length")],
            "description": "The events it reads: all, none before its first run, or the last so many days.",
        },
        "compute": words("auto", "realtime", "batch"),
        "account_events": described(words("own", "all_of_user"), "Whether events of other accounts count."),
        "static": described(_TRUTH, "Who is in stays as the first run finds it."),
        "who": described(ref("condition"), "Who is in."),
        "send_to": listed(ref("send_to"), 0),
    }
    return mapping(properties, required=("audience", "who"), **not_together(("include_anonymous", "identifiers")))


def trait_file() -> Schema:
    """`traits/<key>.yml`."""
    functions: dict[str, Schema] = {
        name: described(ref("path"), f"The {name} of this property of the events.") for name in FUNCTIONS if name != "count"
    }
    properties = _head("trait") | functions | window_properties(is_step=False)
    properties |= {
        "count": {"const": True, "description": "How many events."},
        "at_least": {"type": "integer", "minimum": 1, "description": "Of `most_frequent`: how often at least; 2 by default."},
        "as": described(ref("as"), "How `min` and `max` order values."),
        "performed": ref("events"),
        "where": ref("where"),
        "sources": ref("sources"),
        "then": ref("then"),
        "complete_within": ref("fixed_length"),
        "session": described(ref("fixed_length"), "The current session, ended by that much inactivity."),
        "send_to": listed(ref("send_to_of_trait"), 0),
    }
    windows = tuple(window_properties(is_step=False))
    return mapping(
        properties,
        required=("trait", "performed"),
        anyOf=any_required(FUNCTIONS),
        **not_together(FUNCTIONS, *(("session", window) for window in windows)),
        dependentRequired={"complete_within": ["then"], "at_least": ["most_frequent"]},
        dependentSchemas={"as": {"anyOf": any_required(("min", "max"))}},
    )


def destination_file() -> Schema:
    """`destinations/<key>.yml`."""
    clock: Schema = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "examples": ["21:00"]}
    properties: dict[str, Schema] = {
        "destination": described(ref("key"), "The key: the file's name without `.yml`."),
        "type": described(_TEXT, "Such as webhook or folder."),
        "name": {"type": "string", "pattern": r"\S"},
        "description": _TEXT,
        "settings": {"type": "object", "description": "What the type asks for."},
        "secrets": ref("secrets"),
        "rate_limit": {
            "type": "string",
            "pattern": r"^\s*0*[1-9][0-9]*\s*/\s*(second|minute|hour|day)\s*$",
            "examples": ["100/second"],
        },
        "requires": described(ref("condition"), "Joined to all that is sent here."),
        "targets": described(ref("texts"), "The dbt targets that may send."),
        "every": described(ref("fixed_length"), "The least interval between syncs."),
        "time_limit": described(ref("fixed_length"), "How long a sync may send there; the rest follows with the next."),
        "quiet_hours": described(
            mapping({"from": clock, "to": clock, "timezone": {"type": "string"}}, required=("from", "to")),
            "Nothing is sent from a time of day until another.",
        ),
        "priority": {
            **listed(listed(ref("key"), 2, uniqueItems=True), 0),
            "description": "Lists of audiences: a person goes only to the first of each.",
        },
        "allow_private_addresses": _TRUTH,
        "enabled": _TRUTH,
    }
    return mapping(properties, required=("destination", "type"))


def file_definitions() -> Schema:
    """The shared definitions of this file."""
    return {
        "secrets": {
            "type": "object",
            "additionalProperties": {"type": "string", "pattern": SECRET},
            "description": "Templates: \"{{ env_var('NAME') }}\", file('/path'), keyring('service', 'name').",
        },
        "send_to": _send_to(of_trait=False),
        "send_to_of_trait": _send_to(of_trait=True),
        "example": _example(of_trait=False),
        "example_of_trait": _example(of_trait=True),
        "person": _person(with_users=False),
        "example_account": _person(with_users=True),
        "people": {"type": "object", "minProperties": 1, "additionalProperties": ref("person")},
    }


def _send_to(*, of_trait: bool) -> Schema:
    named = mapping({"entered": {"type": "string", "minLength": 1}, "exited": {"type": "string", "minLength": 1}})
    traits = listed(
        {"anyOf": [_TEXT, {"type": "object", "additionalProperties": _TEXT, "minProperties": 1, "maxProperties": 1}]}, 0
    )
    limits: dict[str, Schema] = {
        "leaving_share": {**_SHARE, "maximum": 1},
        "leaving_count": _COUNT,
        "entering_share": _SHARE,
        "entering_count": _COUNT,
    }
    which: Schema = {"type": "object", "minProperties": 1, "additionalProperties": words("first", "last", "all")}
    properties: dict[str, Schema] = {
        "destination": described(ref("key"), "The key of a file in destinations/."),
        "as": words(*TRAIT_FORMS) if of_trait else words("boolean", "events", "list"),
        "identifiers": described(which, "Which identifier types, and which of each: {email: last}."),
        "traits": described(traits, "Traits sent along; {plan: subscription_plan} renames one."),
        "existing_members": described(words("send", "skip"), "skip: only changes from now on."),
        "users": described(_TRUTH, "Of accounts: each of their users too."),
        "enabled": described(_TRUTH, "false pauses this connection."),
        "refuse_above": described(mapping(limits, minProperties=1), "A sync beyond these limits waits for a person."),
        "holdout": {"type": "string", "pattern": r"^\s*[0-9]{1,2}(\.[0-9]{1,9})?\s*%\s*$", "examples": ["10%"]},
    }
    if of_trait:
        name = mapping({"computed": {"type": "string", "minLength": 1}})
        properties["events"] = described(name, "The name of the event in place of Trait Computed.")
        rule: Schema = {"if": {"required": ["events", "as"]}, "then": {"properties": {"as": {"const": "events"}}}}
        return mapping(properties, required=("destination",), allOf=[rule])
    properties |= {
        "events": described(named, "The names of the events in place of Audience Entered and Audience Exited."),
        "list": described(_TEXT, "The list's name there; the audience's name by default."),
    }
    rules = [
        {"if": {"required": [key, "as"]}, "then": {"properties": {"as": {"const": as_}}}}
        for key, as_ in (("list", "list"), ("events", "events"))
    ]
    return mapping(properties, required=("destination",), allOf=rules)


def _example(*, of_trait: bool) -> Schema:
    accounts = mapping(
        {"accounts": {"type": "object", "minProperties": 1, "additionalProperties": ref("example_account")}},
        required=("accounts",),
    )
    names: Schema = {"type": "array", "items": _TEXT}
    expected: Schema = mapping({"in": names, "out": names}, minProperties=1)
    if of_trait:
        expected = {"type": "object", "minProperties": 1, "description": "Who must have which value; null for none."}
    return mapping(
        {
            "name": _TEXT,
            "as_of": ref("instant"),
            "created": described(_TEXT, "When the key was first run, for `history: none`."),
            "given": {
                "anyOf": [
                    accounts,
                    ref("people"),
                    {"type": "object", "minProperties": 1, "additionalProperties": ref("example_account")},
                ]
            },
            "expect": expected,
        },
        required=("as_of", "given", "expect"),
    )


def _person(*, with_users: bool) -> Schema:
    event: Schema = {
        "type": "object",
        "required": ["performed", "at"],
        "properties": {
            "performed": {"type": "string", "minLength": 1, "not": {"const": "*"}},
            "at": described(_TEXT, "2026-03-10T12:00:00Z, now, 3 days ago, or 3 days ago + 10 minutes."),
            "properties": {"description": "Properties whose names collide."},
            "context": {"description": "The event's context."},
        },
        "additionalProperties": {"description": "A property of the event."},
    }
    properties: dict[str, Schema] = {
        "traits": {"type": "object"},
        "events": listed(event, 0),
        "identifiers": {"type": "object", "additionalProperties": {"anyOf": [_TEXT, listed(_TEXT, 0)]}},
        "memberships": listed(ref("key"), 0),
        "related": described({"type": "object", "additionalProperties": listed({"type": "object"}, 0)}, "Rows by their table."),
        "lists": listed(ref("key"), 0),
    }
    if with_users:
        properties["users"] = ref("people")
    return {"anyOf": [{"type": "null"}, mapping(properties)]}
