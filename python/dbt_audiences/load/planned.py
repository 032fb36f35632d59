"""Calls held to the tracking plan in the staging engine: what violates it is found, counted, and where wished blocked."""

from __future__ import annotations

from dbt_audiences.core.tracking_plan import BLOCKED, Kind, PlannedEvent, TrackingPlan
from dbt_audiences.core.warehouse import text_literal, text_literals
from dbt_audiences.load.calls import instant
from dbt_audiences.load.staging import Run

_EVENT = "case type when 'track' then event when 'page' then 'Page Viewed' when 'screen' then 'Screen Viewed' end"
_TYPES: dict[Kind, tuple[str, ...]] = {
    "text": ("VARCHAR",),
    "time": ("VARCHAR",),
    "number": ("UBIGINT", "BIGINT", "HUGEINT", "UHUGEINT", "DOUBLE"),
    "integer": ("UBIGINT", "BIGINT", "HUGEINT", "UHUGEINT", "DOUBLE"),
    "boolean": ("BOOLEAN",),
    "list": ("ARRAY",),
    "object": ("OBJECT",),
}


def hold(run: Run, plan: TrackingPlan) -> int:
    """Note what the staged calls violate in a table `violations` (line, event, violation, action), and reject what is blocked.

    Returns how many calls are blocked. A rejected call is kept as JSON with all its fields.
    """
    run("create or replace temp table violations (line bigint, event varchar, violation varchar, action varchar)")
    run(f"create or replace temp table planned as select line, {_EVENT} as event, properties from staged where reason is null")
    names = text_literals(event.name for event in plan.events)
    if plan.unplanned_events != "allow":
        run(
            f"insert into violations select line, event, 'it is not planned', '{plan.unplanned_events}' from planned "
            f"where event is not null and event not in ({names})"
        )
    for event in plan.events:
        _hold_event(run, event, plan)
    blocked = (
        f"select line, {text_literal(BLOCKED)} || '`' || any_value(event) || '`: ' || "
        "string_agg(violation, ', ' order by violation) as said from violations where action = 'block' group by line"
    )
    return int(
        str(
            run(
                f"update staged set reason = blocked.said, content = {_content()} from ({blocked}) as blocked "
                "where staged.line = blocked.line and staged.reason is null"
            )[0][0]
        )
    )


def _hold_event(run: Run, event: PlannedEvent, plan: TrackingPlan) -> None:
    here = f"event = {text_literal(event.name)}"
    if event.properties and event.action != "allow":
        pointers = ", ".join(text_literal(_pointer(one.path)) for one in event.properties)
        found = ", ".join(
            f"case {_violation(index, one.kind, '.'.join(one.path), is_required=one.is_required)} end"
            for index, one in enumerate(event.properties, start=1)
        )
        run(
            f"insert into violations select line, {text_literal(event.name)}, violation, '{event.action}' from ("
            f"select line, unnest([{found}]) as violation from (select line, json_type(properties, [{pointers}]) as kinds, "
            f"json_extract_string(properties, [{pointers}]) as texts from planned where {here}) as read) as judged "
            "where violation is not null"
        )
    if plan.unplanned_properties != "allow":
        known = text_literals({one.path[0] for one in event.properties}) or "''"
        run(
            f"insert into violations select line, {text_literal(event.name)}, '`' || key || '` is not planned', "
            f"'{plan.unplanned_properties}' from (select line, unnest(json_keys(properties)) as key from planned "
            f"where {here}) as keys where key not in ({known})"
        )


def _violation(index: int, kind: Kind, name: str, *, is_required: bool) -> str:
    missing = f"kinds[{index}] is null or kinds[{index}] = 'NULL'"
    when = f"when {missing} then {text_literal(f'`{name}` is missing') if is_required else 'null'}"
    if kind == "any":
        return when
    wrong = f"kinds[{index}] not in ({text_literals(_TYPES[kind])})"
    if kind == "time":
        wrong = f"{wrong} or ({instant(f'texts[{index}]')}) is null"
    if kind == "integer":
        wrong = f"{wrong} or not regexp_full_match(texts[{index}], '-?[0-9]+')"
    return f"{when} when {wrong} then {text_literal(f'`{name}` is no {kind}')}"


def _pointer(path: tuple[str, ...]) -> str:
    return "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in path)


def _content() -> str:
    """SQL of the JSON of a staged call, in the words of the Segment spec; texts as they are, so that no digit is lost."""
    times = {"timestamp": "occurred_at", "receivedAt": "received_at"}
    texts = {
        "type": "type", "messageId": "message_id", "userId": "user_id", "anonymousId": "anonymous_id", "event": "event",
        "name": "name", "groupId": "group_id", "previousId": "previous_id",
    }  # fmt: skip
    parts = [f"'\"{key}\":' || cast(to_json(staged.{column}) as varchar)" for key, column in texts.items()]
    parts += [f"'\"{key}\":\"' || strftime(staged.{column}, '%Y-%m-%dT%H:%M:%S.%fZ') || '\"'" for key, column in times.items()]
    parts += [f"'\"{key}\":' || staged.{key}" for key in ("properties", "traits", "context")]
    return f"'{{' || concat_ws(',', {', '.join(parts)}) || '}}'"
