"""Conditions in words, on one line, as close to their YAML as a line allows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from dbt_audiences.core.definitions import (
    Aggregate,
    All,
    Any,
    Child,
    Comparison,
    Condition,
    Count,
    Duration,
    Everyone,
    InAudience,
    InList,
    ItemTest,
    ListFile,
    Members,
    Not,
    Performed,
    PropertyTest,
    Reference,
    Related,
    Then,
    Top,
    TraitTest,
    Value,
    Where,
    Window,
)


def condition_words(node: Condition) -> str:
    """What a condition asks; a combination says its word only, as its parts stand below it."""
    match node:
        case All():
            return "all of"
        case Any():
            return "any of"
        case Not(child=Any()):
            return "none of"
        case Not():
            return "not"
        case Everyone():
            return "everyone"
        case InAudience(key=key):
            return f"in_audience {key}"
        case InList(key=key):
            return f"in_list {key}"
        case Members(of=of, quantifier=quantifier):
            return f"{'users' if of == 'users' else 'account'}: {quantifier}"
        case TraitTest():
            held = "" if node.held_for is None else f", held for {_duration(node.held_for)}"
            return f"trait {'custom.' if node.custom else ''}{'.'.join(node.path)} {_comparisons(node.comparisons)}{held}"
        case Performed():
            return " ".join(_performed(node))
        case Related():
            return _where(node)
        case Top():
            most = f"{node.percent:f} %" if node.percent is not None else str(node.count)
            return f"top {most} by {'custom.' if node.custom else ''}{'.'.join(node.path)}"
    return type(node).__name__


def _performed(step: Performed) -> Iterator[str]:
    verb = "not_performed" if step.negated else "performed"
    yield f"{verb} {' or '.join(step.events)}"
    if isinstance(step.measure, Aggregate):
        yield f"{step.measure.function} {'.'.join(step.measure.path)} {_comparisons(step.measure.comparisons)}"
    elif not step.negated:
        yield from _count(step.measure)
    yield from _window(step.window)
    if step.regularly is not None:
        habit = step.regularly
        yield f"in {habit.at_least} of the last {habit.of_last} times {_duration(habit.each)}"
    if step.where is not None:
        yield f"where {_where(step.where)}"
    if step.complete_within is not None:
        yield f"complete within {_duration(step.complete_within)}"
    if step.then is not None:
        yield f"then {_then(step.then)}"


def _count(count: Count) -> Iterator[str]:
    if count.exactly is not None:
        yield f"exactly {count.exactly}"
    if count.at_least is not None and (count.at_least > 1 or count.at_most is not None):
        yield f"at_least {count.at_least}"
    if count.at_most is not None:
        yield f"at_most {count.at_most}"


def _window(window: Window) -> Iterator[str]:
    if window.within is not None:
        yield f"within {_duration(window.within)}"
    if window.between is not None:
        far, near = window.between
        yield f"between {'ever' if far is None else _duration(far)} and {_duration(near)} ago"
    if window.since is not None:
        yield f"since {_value(window.since)}"
    if window.until is not None:
        yield f"until {_value(window.until)}"


def _then(node: Then) -> str:
    match node:
        case All(children=children):
            return "(" + " and ".join(_then(child) for child in children) + ")"
        case Any(children=children):
            return "(" + " or ".join(_then(child) for child in children) + ")"
        case Not(child=child):
            return f"not {_then(child)}"
        case Child():
            words = list(_performed(node.step))
            if node.after is not None:
                words.append(f"after {_duration(node.after)}")
            if node.without:
                words.append("without " + " or ".join(one.event for one in node.without))
            return " ".join(words)
    raise AssertionError(type(node).__name__)


def _where(node: Where) -> str:
    match node:
        case All(children=children):
            return "(" + " and ".join(_where(child) for child in children) + ")"
        case Any(children=children):
            return "(" + " or ".join(_where(child) for child in children) + ")"
        case Not(child=child):
            return f"not {_where(child)}"
        case ItemTest():
            return f"{node.which} {'.'.join(node.path)} {_where(node.where)}"
        case PropertyTest():
            local = "local " if node.origin == "local" else ""
            return f"{local}{'.'.join(node.path)} {_comparisons(node.comparisons)}"
        case Related():
            where = "" if node.where is None else f" where {_where(node.where)}"
            return " ".join((f"has {node.table}", *_count(node.measure))) + where
    return type(node).__name__


def _comparisons(comparisons: tuple[Comparison, ...]) -> str:
    return " and ".join(f"{one.operator} {_operand(one.operand)}" for one in comparisons)


def _operand(operand: object) -> str:
    match operand:
        case Duration():
            return _duration(operand)
        case Reference(of=of, path=path):
            return f"the {of}'s {'.'.join(path)}" if of == "parent" else f"trait {'.'.join(path)}"
        case ListFile(path=path):
            return f"the list {path}"
        case tuple():
            shown = [_operand(one) for one in operand[:3]]
            return "[" + ", ".join(shown) + (f", and {len(operand) - 3} more" if len(operand) > 3 else "") + "]"
        case Value(value=value):
            return _value(value)
    return _value(operand)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)


def _duration(duration: Duration) -> str:
    unit = duration.unit.removesuffix("s") if duration.count == 1 else duration.unit
    return f"{duration.count} {unit}"


def ago(length: float) -> str:
    """Seconds as the largest unit that fits: `31 days`, `5 hours`."""
    for unit, seconds in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if length >= seconds:
            count = int(length // seconds)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{int(length)} seconds"
