"""JSON Schema of the yml of dbt models, as far as it speaks to this package: `meta` of models and of columns."""

from __future__ import annotations

from dbt_audiences.spec.schema_words import Schema, any_required, described, listed, mapping, ref, words

_NAME: Schema = {"type": "string"}
_PEOPLE = ("user_id", "anonymous_id", "email")


def model_file() -> Schema:
    """`models/**/*.yml`: everything that dbt takes, and these forms of `meta`."""
    meta: Schema = {"type": "object", "properties": {"event": _event(), "sql_trait": _sql_trait()}}
    model: Schema = {
        "type": "object",
        "properties": {
            "name": described(_NAME, "The model."),
            "config": {"type": "object", "properties": {"meta": meta}},
            "meta": meta,
            "columns": _columns(),
        },
    }
    table: Schema = {"type": "object", "properties": {"columns": _columns()}}
    source: Schema = {"type": "object", "properties": {"tables": {"type": "array", "items": table}}}
    lists = {"models": model, "sources": source, "seeds": table, "snapshots": table}
    return {"type": "object", "properties": {name: {"type": "array", "items": item} for name, item in lists.items()}}


def _columns() -> Schema:
    marked = described({"type": "boolean"}, "Values of this name are masked in previews, dry runs, samples and logs.")
    meta: Schema = {"type": "object", "properties": {"personal": marked}}
    column: Schema = {
        "type": "object",
        "properties": {"name": _NAME, "config": {"type": "object", "properties": {"meta": meta}}, "meta": meta},
    }
    return {"type": "array", "items": column}


def _event() -> Schema:
    columns = {
        "name": described(_NAME, "The event's name."),
        "at": described(_NAME, "The column of its timestamp."),
        "user_id": described(_NAME, "The column of the user's id."),
        "anonymous_id": described(_NAME, "The column of the anonymous id."),
        "email": described(_NAME, "The column of the email address."),
        "group_id": described(_NAME, "The column of the account's id."),
        "id": described(_NAME, "The column that tells one row from another."),
    }
    return mapping(
        columns, required=("name", "at"), anyOf=any_required(_PEOPLE), description="Each row of this model is an event."
    )


def _sql_trait() -> Schema:
    return mapping(
        {
            "of": described(words("users", "accounts"), "Whose; users by default."),
            "identifier": described(_NAME, "The column that identifies: user_id, email, anonymous_id, group_id."),
            "missing": described(words("unset", "keep"), "What becomes of the traits of a row that is gone; unset by default."),
            "send_to": listed(ref("send_to_of_trait"), 0),
        },
        required=("identifier",),
        description="Each other column of this model is a trait.",
    )
