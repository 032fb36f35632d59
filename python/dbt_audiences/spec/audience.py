"""`audiences/<key>.yml` -> `Audience`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from zoneinfo import available_timezones

from dbt_audiences.core.definitions import Duration, Entity, Everyone
from dbt_audiences.core.project import Audience
from dbt_audiences.spec.conditions import KEY, Scope, read_condition
from dbt_audiences.spec.cron import check_cron
from dbt_audiences.spec.examples import read_examples
from dbt_audiences.spec.fields import Fields, Problems, json_value, nearest, text_of
from dbt_audiences.spec.nodes import MapNode, Node, Scalar, Wrong
from dbt_audiences.spec.send_to import read_send_to
from dbt_audiences.spec.values import duration_of

ELIGIBLE = ("user_id", "email", "android.idfa", "ios.idfa")


def read_audience(node: Node, root: Path, stem: str, problems: Problems) -> Audience:
    """The audience of a file; every problem found on the way is noted, the first that stops the reading is raised."""
    fields = Fields(node, "an audience", problems)
    key = read_key(fields, "audience", stem)
    of: Entity = "accounts" if fields.one_of("of", ("users", "accounts")) == "accounts" else "users"
    timezone = problems.attempt(read_timezone, fields) or "UTC"
    include_anonymous = fields.boolean("include_anonymous", False)
    who_node = problems.attempt(fields.need, "who")
    scope = Scope(root, timezone, of, problems)
    who = None if who_node is None else problems.attempt(read_condition, who_node, scope)
    compute = fields.one_of("compute", ("auto", "realtime", "batch")) or "auto"
    audience = Audience(
        key=key,
        name=read_name(fields, key),
        description=fields.text("description") or "",
        of=of,
        owner=fields.text("owner"),
        folder=fields.text("folder"),
        enabled=fields.boolean("enabled", True),
        identifiers=_identifiers(fields, include_anonymous),
        include_anonymous=include_anonymous,
        history=problems.attempt(_history, fields.take("history")) or "all",
        timezone=timezone,
        compute=compute,  # type: ignore[arg-type]  # one_of checked it
        every=read_every(fields),
        account_events="all_of_user" if fields.one_of("account_events", ("own", "all_of_user")) == "all_of_user" else "own",
        static=fields.boolean("static", False),
        tags=fields.distinct("tags") or (),
        meta=read_meta(fields),
        who=who if who is not None else Everyone(fields.place),
        send_to=read_send_to(fields.items("send_to"), of, problems, of_trait=False),
        examples=read_examples(fields.items("examples"), of, problems),
        place=fields.place,
    )
    fields.finish()
    return audience


def read_name(fields: Fields, key: str) -> str:
    """`name:`, any Unicode; the key where there is none."""
    name = fields.text("name")
    if name is not None and not name.strip():
        fields.problems.add(fields.place_of("name"), "`name` is empty", "leave it out: the key is the default")
    return name or key


def read_key(fields: Fields, what: str, stem: str) -> str:
    """The key of a file, which must be well formed and equal to the file's stem."""
    node = fields.need(what)
    key = text_of(node, f"`{what}`")
    if not KEY.fullmatch(key):
        hint = "a letter, then letters, digits and `_`, all lower case, at most 63"
        raise Wrong(node.place, f"`{key}` is no key", hint)
    if key != stem:
        hint = f"name the file `{key}.yml`, or the key `{stem}`"
        raise Wrong(node.place, f"the key is `{key}`, but the file is named `{stem}`", hint)
    return key


def read_timezone(fields: Fields) -> str:
    """A zone of the tz database; UTC where none is named."""
    name = fields.text("timezone")
    if name is None:
        return "UTC"
    zones = available_timezones()
    if name not in zones:
        raise Wrong(fields.need("timezone").place, f"`{name}` is no time zone", nearest(name, zones) or "such as Europe/Berlin")
    return name


def read_every(fields: Fields) -> str | None:
    """A cron expression of five fields, or a length of time."""
    node = fields.take("every")
    if node is None:
        return None
    text = node.text.strip() if isinstance(node, Scalar) else ""
    if len(text.split()) == 5:
        check_cron(text, node.place)
        return " ".join(text.split())
    if fields.problems.attempt(lambda: duration_of(node, "`every`", calendar=False)) is None:
        return None
    return text


def read_meta(fields: Fields) -> dict[str, object]:
    """`meta:` as dbt takes it."""
    node = fields.take("meta")
    if node is None:
        return {}
    if not isinstance(node, MapNode):
        raise Wrong(node.place, "`meta` must be a mapping", "such as {team: growth}")
    return {key: json_value(value) for key, value in node.entries.items()}


def _identifiers(fields: Fields, include_anonymous: bool) -> tuple[str, ...]:
    fields.refuse_together("include_anonymous", "identifiers")
    named = fields.distinct("identifiers")
    return named if named is not None else (*ELIGIBLE, "anonymous_id") if include_anonymous else ELIGIBLE


def _history(node: Node | None) -> Literal["all", "none"] | Duration:
    if node is None or (isinstance(node, Scalar) and node.text == "all"):
        return "all"
    if isinstance(node, Scalar) and node.text == "none":
        return "none"
    if isinstance(node, Scalar) and " " not in node.text.strip():
        raise Wrong(
            node.place, "`history` must be all, none or a length of time", nearest(node.text, ("all", "none")) or "90 days"
        )
    return duration_of(node, "`history`", calendar=False)
