"""JSON Schema of a destination type: destinations/types/<key>.yml."""

from __future__ import annotations

from dbt_audiences.spec.destination_calls import ENCODINGS, INDEX, MEANINGS, METHODS, ROW_MEANINGS
from dbt_audiences.spec.destination_types import FORMS, HASHES, KINDS, NORMALIZATIONS, OAUTH1, ONE_SUMMARY, PROOFS, WHICH
from dbt_audiences.spec.schema_words import Schema, described, listed, mapping, ref, words

_TEXT: Schema = {"type": "string"}
_TRUTH: Schema = {"type": "boolean"}
_COUNT: Schema = {"type": "integer", "minimum": 1}
_EXPRESSION: Schema = {"type": ["string", "number", "boolean", "null"], "description": "An expression, without braces."}
_TEMPLATES: Schema = {"type": "object", "description": "Templates."}
_NAMED: Schema = {"type": "object", "minProperties": 1, "description": "Templates; `secret` holds the secrets."}


def destination_type_file() -> Schema:
    """`destinations/types/<key>.yml`."""
    option = mapping(
        {
            "kind": words(*KINDS),
            "required": _TRUTH,
            "choices": ref("texts"),
            "default": {"type": ["string", "integer"]},
            "description": _TEXT,
        }
    )
    field = mapping(
        {
            "of": described(_TEXT, "The type of identifier that it comes from; its own name by default."),
            "send": described(words(*WHICH), "Which of a profile's values; last by default."),
            "normalize": listed(words(*NORMALIZATIONS), uniqueItems=True),
            "hash": words(*HASHES),
            "pattern": described(_TEXT, "What is sent must match it as a whole."),
            "default": described(_TRUTH, "false: it is sent only where a connection names it."),
        }
    )
    properties: dict[str, Schema] = {
        "destination_type": described(ref("key"), "The key: the file's name without `.yml`."),
        "name": {"type": "string", "pattern": r"\S", "description": "What people call it."},
        "description": _TEXT,
        "api_version": described(_TEXT, "The version of the vendor's API."),
        "docs": described(_TEXT, "The vendor's page on it."),
        "proven_by": words(*PROOFS),
        "settings": {"type": "object", "minProperties": 1, "additionalProperties": option},
        "secrets": described(ref("texts"), "Names of the secrets; all are needed."),
        "base_url": described(_TEXT, "A template; `settings` and `secret` are known."),
        "auth": _auth(),
        "identifiers": {"type": "object", "minProperties": 1, "additionalProperties": field},
        "any_identifier": described(_TRUTH, "It takes identifiers of all types."),
        "accounts": described(_TRUTH, "It can be told of accounts."),
        "batch": {"anyOf": [words(ONE_SUMMARY), mapping({"rows": _COUNT, "bytes": _COUNT, "whole": _TRUTH})]},
        "rate_limit": mapping({"requests": _COUNT, "seconds": _COUNT, "at_once": _COUNT}, required=("requests",)),
        "every": described(ref("fixed_length"), "The least interval between syncs of a list."),
        "list": _list(),
        "sends": {"type": "object", "minProperties": 1, "propertyNames": words(*FORMS), "additionalProperties": _sends()},
        "answers": listed(ref("answer"), 0),
        "rows": listed(ref("row_answer"), 0),
        "check": ref("call"),
        "minimum": {"type": "integer", "minimum": 0, "description": "Members below which the vendor does not use a list."},
    }
    return mapping(properties, required=("destination_type", "identifiers", "base_url", "sends"))


def _auth() -> Schema:
    basic = mapping({"user": _TEXT, "password": _TEXT}, required=("user", "password"))
    token = mapping({"url": _TEXT, "form": _NAMED, "basic": basic}, required=("url", "form"))
    oauth1 = mapping(dict.fromkeys(OAUTH1, _TEXT), required=OAUTH1)
    return mapping({"bearer": _TEXT, "basic": basic, "headers": _NAMED, "query": _NAMED, "token": token, "oauth1": oauth1})


def _list() -> Schema:
    return mapping(
        {
            "find": ref("look_up"),
            "create": ref("look_up"),
            "given": described(_TEXT, "What `list:` of a connection holds, for people."),
            "pattern": _TEXT,
            "settles_seconds": {"type": "integer", "minimum": 0},
        },
        dependentRequired={"create": ["find"]},
    )


def _calls() -> Schema:
    return {"anyOf": [ref("call"), listed(ref("call"))]}


def _sends() -> Schema:
    both = mapping({"add": _calls(), "remove": _calls()}, required=("add", "remove"))
    return {"anyOf": [both, _calls()]}


def destination_type_definitions() -> Schema:
    """The shared definitions of this file."""
    skip = mapping({"unless": _EXPRESSION, "then": words(*ROW_MEANINGS), "reason": _TEXT}, required=("unless", "then"))
    until = mapping({"if": _EXPRESSION, "seconds": _COUNT, "at_most": _COUNT}, required=("if",))
    call: dict[str, Schema] = {
        **{word: described({"type": "string", "pattern": "^/"}, "A path below `base_url`.") for word in METHODS},
        "query": _TEMPLATES,
        "headers": _TEMPLATES,
        "body": {"description": "A template; {$each: ...} is a list with an item for each row, {$if: ...} leaves rows out."},
        "encoding": words(*ENCODINGS),
        "if": described(_EXPRESSION, "Where it does not hold, the request is left out."),
        "skip": described(skip, "Rows that take no part from here on."),
        "save": {"type": "object", "additionalProperties": _EXPRESSION, "description": "Known later as `found.<name>`."},
        "until": described(until, "Asked again until it holds."),
        "answers": listed(ref("answer"), 0),
        "rows": listed(ref("row_answer"), 0),
    }
    one_method: list[object] = [{"required": [word]} for word in METHODS]
    pages = mapping({"param": _TEXT, "next": _EXPRESSION}, required=("next",))
    look_up = {**call, "id": _EXPRESSION, "absent": _EXPRESSION, "pages": pages}
    return {
        "call": mapping(call, oneOf=one_method),
        "look_up": mapping(look_up, required=("id",), oneOf=one_method),
        "answer": mapping(
            {"if": _EXPRESSION, "then": words(*MEANINGS), "reason": _EXPRESSION},
            required=("if", "then"),
        ),
        "row_answer": {
            "type": "object",
            "required": ["each"],
            "properties": {
                "each": described(_EXPRESSION, "Items of the answer."),
                INDEX: described(_EXPRESSION, "The place of the row in the request."),
                "then": words(*ROW_MEANINGS),
                "reason": _EXPRESSION,
            },
            "minProperties": 2,
            "additionalProperties": described(_EXPRESSION, "The value of an identifier, by which a row is known."),
        },
    }
