"""JSON Schema of `tracking_plan.yml`."""

from __future__ import annotations

from dbt_audiences.spec.schema_words import Schema, described, mapping, words
from dbt_audiences.spec.tracking_plan import ACTIONS, KINDS

_TEXT: Schema = {"type": "string"}


def tracking_plan_file() -> Schema:
    """The whole file."""
    action = words(*ACTIONS)
    long = mapping({"type": words(*KINDS), "required": {"type": "boolean"}, "description": _TEXT})
    planned: Schema = {"anyOf": [words(*KINDS), long]}
    properties: Schema = {"type": "object", "additionalProperties": planned, "description": "By their names or paths."}
    event = mapping({"properties": properties, "violations": action, "description": _TEXT})
    events: Schema = {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": r"\S", "not": {"const": "*"}},
        "additionalProperties": {"anyOf": [{"type": "null"}, event]},
    }
    return mapping(
        {
            "events": described(events, "The planned events by their exact names."),
            "violations": described(action, "What becomes of calls whose properties are not as planned; flag by default."),
            "unplanned_events": described(action, "What becomes of calls of other events; allow by default."),
            "unplanned_properties": described(action, "What becomes of calls with other properties; allow by default."),
        },
        required=("events",),
    )
