"""JSON Schema of the small words: lengths of time, literals, references and comparisons."""

from __future__ import annotations

from typing import TypeAlias, get_args

from dbt_audiences.core.definitions import Operator
from dbt_audiences.spec.values import UNITS

Schema: TypeAlias = dict[str, object]

_FIXED_UNITS = "|".join(f"{unit[:-1]}s?" for unit in UNITS if unit != "calendar_days")
_EVERY_UNIT = f"{_FIXED_UNITS}|calendar_days?"
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME_OF_DAY = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[-+][0-9]{2}(:?[0-9]{2})?)?"
_LENGTH = r"\s*0*[1-9][0-9]*\s+({units})\s*"
_OPERATORS: dict[Operator, tuple[str, str]] = {
    "equals": ("one", 'The value is this one. How it is written decides the type: 10, "10", true, 2026-03-10.'),
    "not_equals": ("one", "The value is there, and another one."),
    "one_of": ("many", "The value is one of a list, or of a file: {file: lists/vips.csv, column: email}."),
    "none_of": ("many", "The value is there, and none of a list or of a file."),
    "contains": ("text", "The text contains this one."),
    "not_contains": ("text", "The value is there, and its text does not contain this one."),
    "contains_any": ("many_texts", "The text contains one of these."),
    "starts_with": ("text", "The text starts with this one."),
    "ends_with": ("text", "The text ends with this one."),
    "lt": ("ordered", "Less than."),
    "lte": ("ordered", "Less than, or equal."),
    "gt": ("ordered", "Greater than."),
    "gte": ("ordered", "Greater than, or equal."),
    "exists": ("truth", "Whether there is a value; an empty text and an empty list exist."),
    "matches": ("pattern", "A regular expression that is found anywhere in the text; quote it in single quotes."),
    "before": ("time", "The value is a time before this one."),
    "after": ("time", "The value is a time after this one."),
    "within_last": ("length", "The value is a time in the last so many days, until now."),
    "within_next": ("length", "The value is a time in the next so many days, from now."),
    "before_last": ("length", "The value is a time longer ago."),
    "after_next": ("length", "The value is a time further ahead."),
    "anniversary_within_next": ("days", "Its month and day come round in the next so many days, today among them: birthdays."),
}
OPERATORS: tuple[str, ...] = get_args(Operator)


def ref(name: str) -> Schema:
    """A reference to a shared definition."""
    return {"$ref": f"#/$defs/{name}"}


def described(schema: Schema, description: str) -> Schema:
    """The schema with what an editor shows."""
    return {**schema, "description": description}


def mapping(properties: dict[str, Schema], *, required: tuple[str, ...] = (), **rules: object) -> Schema:
    """A mapping that knows these keys and no others."""
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        found["required"] = list(required)
    return {**found, **rules}


def listed(items: Schema, at_least: int = 1, **rules: object) -> Schema:
    """A list of such items, not an empty one."""
    return {"type": "array", "items": items, "minItems": at_least, **rules}


def words(*choices: str) -> Schema:
    """One of a closed list."""
    return {"enum": list(choices)}


def any_required(keys: tuple[str, ...]) -> list[Schema]:
    """At least one of the keys, as the branches of an `anyOf`."""
    return [{"required": [key]} for key in keys]


def not_together(*groups: tuple[str, ...]) -> Schema:
    """A rule that of each group no two keys stand in one mapping."""
    pairs = [[one, other] for group in groups for index, one in enumerate(group) for other in group[index + 1 :]]
    return {"not": {"anyOf": [{"required": pair} for pair in pairs]}}


def comparison_properties() -> dict[str, Schema]:
    """Each operator with its right side."""
    return {operator: described(ref(kind), text) for operator, (kind, text) in _OPERATORS.items()}


def word_definitions() -> Schema:
    """The shared definitions of this file."""
    text: Schema = {"type": "string"}
    value: Schema = {"type": ["string", "number", "boolean"]}
    file = mapping(
        {
            "file": {
                "type": "string",
                "pattern": r"\.([cC][sS][vV]|[tT][sS][vV])$",
                "description": "A CSV or TSV file of the project.",
            },
            "column": {"type": "string", "description": "A column of its header; without it the first column, and no header."},
        },
        required=("file",),
    )
    some_values: Schema = {"anyOf": [listed({"type": "string"}), listed({"type": "number"}), listed({"type": "boolean"})]}
    return {
        "key": {
            "type": "string",
            "pattern": "^[a-z][a-z0-9_]{0,62}$",
            "description": "Lower-case letters, digits and `_`; the file's name.",
        },
        "path": {
            "type": "string",
            "minLength": 1,
            "description": "Dots lead inwards, `\\.` is a dot in a name, `$` opens an array.",
        },
        "length": {
            "type": "string",
            "pattern": f"^{_LENGTH.format(units=_EVERY_UNIT)}$",
            "examples": ["7 days", "1 month", "7 calendar_days"],
        },
        "fixed_length": {
            "type": "string",
            "pattern": f"^{_LENGTH.format(units=_FIXED_UNITS)}$",
            "examples": ["10 minutes", "1 day"],
        },
        "days": {
            "type": "string",
            "pattern": f"^{_LENGTH.format(units='days?|weeks?|calendar_days?')}$",
            "examples": ["7 days", "7 calendar_days"],
        },
        "weekday": words("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        "end": {"type": "string", "pattern": rf"^(ever|\s*[0-9]+\s+({_EVERY_UNIT})\s*)$"},
        "fixed_end": {"type": "string", "pattern": rf"^(ever|\s*[0-9]+\s+({_FIXED_UNITS})\s*)$"},
        "between": {**listed(ref("end"), 2), "maxItems": 2},
        "fixed_between": {**listed(ref("fixed_end"), 2), "maxItems": 2},
        "instant": {
            "type": "string",
            "pattern": rf"^\s*{_DAY}([T ]{_TIME_OF_DAY})?\s*$",
            "examples": ["2026-03-10", "2026-03-10T12:00:00Z"],
        },
        "every": {
            "type": "string",
            "pattern": rf"^\s*(\S+(\s+\S+){{4}}|{_LENGTH.format(units=_FIXED_UNITS)})\s*$",
            "examples": ["0 6 * * *", "4 hours"],
        },
        "reference": mapping(
            {
                "parent": described(ref("path"), "A property of the event above."),
                "trait": described(ref("path"), "A trait of the one who is judged."),
            },
            minProperties=1,
            maxProperties=1,
        ),
        "one": {"anyOf": [value, ref("reference")]},
        "ordered": {"anyOf": [{"type": ["string", "number"]}, ref("reference")]},
        "text": {"anyOf": [value, ref("reference")]},
        "time": {"anyOf": [ref("instant"), ref("reference")]},
        "truth": {"type": "boolean"},
        "pattern": value,
        "many": {"anyOf": [some_values, file, ref("reference")]},
        "many_texts": {"anyOf": [listed(value), file, ref("reference")]},
        "texts": listed(text, uniqueItems=True),
        "as": words("number", "text", "time"),
    }
