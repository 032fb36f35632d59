"""`alerts/<key>.yml` -> `Alert`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal, get_args

from dbt_audiences.core.alerts import IN_APP, Alert, Recipient, Watched
from dbt_audiences.core.definitions import Place
from dbt_audiences.core.project import Destination
from dbt_audiences.spec.audience import read_key, read_name
from dbt_audiences.spec.destination import read_secrets, read_settings
from dbt_audiences.spec.fields import Fields, Problems, nearest, text_of
from dbt_audiences.spec.nodes import ListNode, MapNode, Node, Scalar, Wrong
from dbt_audiences.spec.values import fixed_length

WATCHED: tuple[Watched, ...] = get_args(Watched)
RECIPIENT_TYPES = ("email", "slack", "slack_workflow", "webhook")
LIMITS = ("above", "below", "change")
_PERCENT = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,9})?)\s*%")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rule:
    """What belongs to a word of `on`.

    needs, knows  keys that say of what; `knows` may be left out
    limits        with which it is compared; none: it is told whenever it happens
    unit          what `above` and `below` are
    is_windowed   a window of time is counted; else what stands now is looked at
    """

    needs: tuple[str, ...] = ()
    knows: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    unit: Literal["count", "share", "length"] = "count"
    is_windowed: bool = False


RULES: dict[Watched, Rule] = {
    "delivery_volume": Rule(("destination",), ("audience",), LIMITS, is_windowed=True),
    "success_rate": Rule(("destination",), ("audience",), ("below",), "share", is_windowed=True),
    "audience_size": Rule(("audience",), (), LIMITS),
    "source_volume": Rule((), ("source",), LIMITS, is_windowed=True),
    "freshness": Rule((), ("audience", "destination", "source"), ("above",), "length"),
    "run_failed": Rule(),
    "audience_changed": Rule((), ("audience",)),
    "export_done": Rule((), ("audience",)),
}


def read_alert(node: Node, root: Path, stem: str, problems: Problems) -> Alert:
    """The alert of a file; whether what it names exists is for the project to say, whether it can be told for `sync`."""
    fields = Fields(node, "an alert", problems)
    key = read_key(fields, "alert", stem)
    on = _on(fields)
    rule = RULES[on]
    limits = _limits(fields, on, rule)
    has_change = "change" in fields
    alert = Alert(
        key=key,
        name=read_name(fields, key),
        description=fields.text("description") or "",
        on=on,
        audience=fields.text("audience"),
        destination=fields.text("destination"),
        source=fields.text("source"),
        above=limits["above"],
        below=limits["below"],
        change=limits["change"],
        over=_over(fields, has_window=rule.is_windowed or (on == "audience_size" and has_change), on=on),
        minimum=_minimum(fields, on, has_change=has_change),
        recipients=_recipients(fields, key, problems),
        owner=fields.text("owner"),
        enabled=fields.boolean("enabled", True),
        targets=fields.distinct("targets"),
        place=fields.place,
        audience_place=_value_place(fields, "audience"),
        destination_place=_value_place(fields, "destination"),
    )
    fields.finish()
    _check_scope(fields, on, rule)
    return alert


def _on(fields: Fields) -> Watched:
    node = fields.need("on")
    word = node.text if isinstance(node, Scalar) else ""
    found = next((one for one in WATCHED if one == word), None)
    if found is None:
        raise Wrong(node.place, f"`on` must be one of: {', '.join(WATCHED)}", nearest(word, WATCHED) or "such as success_rate")
    return found


def _value_place(fields: Fields, key: str) -> Place:
    node = fields.node.entries.get(key)
    return fields.place if node is None else node.place


def _check_scope(fields: Fields, on: Watched, rule: Rule) -> None:
    for key in ("audience", "destination", "source"):
        if key in rule.needs and key not in fields:
            fields.problems.add(fields.place, f"`on: {on}` needs `{key}:`", f"add `{key}: ...` here")
        if key in fields and key not in (*rule.needs, *rule.knows):
            fields.problems.add(fields.place_of(key), f"`{key}` says nothing of `{on}`", "leave it out")
    named = [key for key in ("audience", "destination", "source") if key in fields]
    if on == "freshness" and "source" in named and len(named) > 1:
        fields.problems.add(fields.place_of("source"), f"`source` and `{named[0]}` do not go together", "leave one out")


def _limits(fields: Fields, on: Watched, rule: Rule) -> dict[str, Decimal | None]:
    found: dict[str, Decimal | None] = dict.fromkeys(LIMITS)
    for key in LIMITS:
        node = fields.take(key)
        if node is None:
            continue
        if key not in rule.limits:
            hint = f"`{on}` takes {' or '.join(f'`{one}`' for one in rule.limits)}" if rule.limits else "leave it out"
            fields.problems.add(fields.place_of(key), f"`{key}` says nothing of `{on}`", hint)
            continue
        unit = "share" if key == "change" else rule.unit
        found[key] = fields.problems.attempt(_LIMIT[unit], node, key)
    if rule.limits and not any(key in fields for key in rule.limits):
        words = " or ".join(f"`{one}:`" for one in rule.limits)
        fields.problems.add(fields.place, f"`on: {on}` needs {words}", _EXAMPLES[on])
    return found


def _count(node: Node, key: str) -> Decimal:
    value = node.value() if isinstance(node, Scalar) else None
    if not isinstance(value, Decimal) or value != value.to_integral_value() or value < 0:
        raise Wrong(node.place, f"`{key}` is a whole number here", "such as 1000, without quotes")
    return value


def _share(node: Node, key: str) -> Decimal:
    found = _PERCENT.fullmatch(node.text.strip()) if isinstance(node, Scalar) else None
    if found is None:
        raise Wrong(node.place, f"`{key}` is a percentage here", "such as 4%")
    share = Decimal(found[1]) / 100
    if not share or (key == "below" and share > 1):
        most = ", and 100% at most" if key == "below" else ""
        raise Wrong(node.place, f"`{key}` must be above 0%{most}", "such as 99%" if key == "below" else "such as 4%")
    return share


def _length(node: Node, key: str) -> Decimal:
    return Decimal(int(fixed_length(node, f"`{key}`").total_seconds()))


_LIMIT = {"count": _count, "share": _share, "length": _length}
_EXAMPLES = {
    "delivery_volume": "such as change: 20%",
    "success_rate": "such as below: 99%",
    "audience_size": "such as change: 4%",
    "source_volume": "such as change: 50%",
    "freshness": "such as above: 6 hours",
}


def _over(fields: Fields, *, has_window: bool, on: Watched) -> timedelta:
    node = fields.take("over")
    if node is None:
        return _DAY
    if not has_window:
        hint = "leave it out" if on != "audience_size" else "it belongs to `change`"
        fields.problems.add(fields.place_of("over"), f"`over` says nothing of `{on}`", hint)
        return _DAY
    return fields.problems.attempt(fixed_length, node, "`over`") or _DAY


def _minimum(fields: Fields, on: Watched, *, has_change: bool) -> int:
    minimum = fields.whole("minimum", 1)
    if "minimum" in fields and not (has_change or on == "success_rate"):
        fields.problems.add(fields.place_of("minimum"), "`minimum` belongs to `change` and to `success_rate`", "leave it out")
    return minimum or 1


def _recipients(fields: Fields, key: str, problems: Problems) -> tuple[Recipient, ...]:
    node = fields.need("send_to")
    if not isinstance(node, ListNode) or not node.items:
        raise Wrong(node.place, "`send_to` is a list of who is told", "such as [in_app]")
    found: list[Recipient] = []
    for item in node.items:
        recipient = problems.attempt(_recipient, item, key, problems)
        if recipient is None:
            continue
        same = sum(one.name.split(" ")[0] == recipient.name for one in found)
        if same and (recipient.inline is None):
            problems.add(item.place, f"`{recipient.name}` stands twice in `send_to`", "name it once")
            continue
        name = f"{recipient.name} {same + 1}" if same else recipient.name
        found.append(Recipient(name, recipient.inline, recipient.key, recipient.place))
    return tuple(found)


def _recipient(node: Node, alert: str, problems: Problems) -> Recipient:
    if isinstance(node, Scalar):
        if node.text != IN_APP:
            hint = nearest(node.text, (IN_APP,)) or "a mapping with `destination:` or `type:`"
            raise Wrong(node.place, f"`{node.text}` tells nobody: `{IN_APP}` is the only word of its own", hint)
        return Recipient(IN_APP, None, None, node.place)
    if isinstance(node, MapNode) and "destination" in node.entries:
        fields = Fields(node, "a recipient", problems)
        key = text_of(fields.need("destination"), "`destination`")
        fields.finish()
        return Recipient(key, None, key, fields.place)
    fields = Fields(node, "a recipient", problems)
    fields.need("type")
    type_ = fields.one_of("type", RECIPIENT_TYPES) or "webhook"
    inline = Destination(
        key=alert,
        type=type_,
        name=alert,
        settings=read_settings(fields.take("settings")),
        secrets=read_secrets(fields.take("secrets")),
        rate_limit=None,
        requires=None,
        targets=None,
        every=None,
        priority=(),
        allow_private_addresses=fields.boolean("allow_private_addresses", False),
        enabled=True,
        place=fields.place,
    )
    fields.finish()
    return Recipient(type_, inline, None, fields.place)
