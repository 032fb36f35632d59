"""Templates and expressions of destination types, checked where they stand: their syntax, and the names that they use."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from jinja2 import TemplateSyntaxError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from dbt_audiences.core.definitions import Place
from dbt_audiences.spec.fields import json_value, nearest, text_of
from dbt_audiences.spec.nodes import ListNode, MapNode, Node, Scalar, Wrong

FILTERS = ("sha256", "md5", "base64", "keyed", "paired", "suffixed", "json", "texts", "under", "uuid")
"""What the templates know beyond Jinja's own filters."""

NAMES = (
    "settings", "secret", "token", "key", "list", "row", "rows", "found", "as_of", "epoch", "sync_id", "entered", "left",
    "omit",
)  # fmt: skip
"""What stands behind each: docs/own-destinations.md."""

ANSWER_NAMES = ("status", "headers", "body", "text", "item", "place", *NAMES)
EACH, IF = "$each", "$if"


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment()
    made.filters.update(dict.fromkeys(FILTERS, str))
    return made


def template_of(node: Node, names: Iterable[str] = NAMES) -> object:
    """A JSON-like value whose texts are templates; raises `Wrong` at the first that cannot be read."""
    known = tuple(names)
    match node:
        case MapNode(entries=entries):
            if EACH in entries:
                _check_each(node, known)
            return {key: template_of(value, known) for key, value in entries.items()}
        case ListNode(items=items):
            return [template_of(item, known) for item in items]
    value = json_value(node)
    if isinstance(value, str):
        _check(value, node.place, known)
    return value


def text_template(node: Node, what: str, names: Iterable[str] = NAMES) -> str:
    """The same of what must be a text."""
    text = text_of(node, what)
    _check(text, node.place, tuple(names))
    return text


def expression_of(node: Node, what: str, names: Iterable[str] = ANSWER_NAMES) -> str:
    """An expression: the inside of `{{ ... }}`, without the braces."""
    text = node.text if isinstance(node, Scalar) else text_of(node, what)
    if "{{" in text or "{%" in text:
        raise Wrong(node.place, f"{what} is an expression, without braces", "such as status == 404")
    _check(f"{{{{ {text} }}}}", node.place, tuple(names))
    return text


def _check_each(node: MapNode, names: tuple[str, ...]) -> None:
    for key, place in node.key_places.items():
        if key not in (EACH, IF):
            raise Wrong(place, f"`{key}` cannot stand beside `{EACH}`", f"`{EACH}` gives a list; put it below a key of its own")
    if IF in node.entries:
        expression_of(node.entries[IF], f"`{IF}`", names)


def _check(text: str, place: Place, names: tuple[str, ...]) -> None:
    try:
        tree = _environment().parse(text)
        for kind, known in ((nodes.Filter, _environment().filters), (nodes.Test, _environment().tests)):
            for found in tree.find_all(kind):
                if found.name not in known:
                    hint = nearest(found.name, known) or "those of Jinja are known"
                    raise Wrong(place, f"there is no filter or test `{found.name}`", hint)
        unknown = sorted(meta.find_undeclared_variables(tree) - {*names, *_environment().globals})
    except (TemplateSyntaxError, RecursionError, ValueError) as error:
        said = error.message if isinstance(error, TemplateSyntaxError) else "it is nested too deeply, or a number is too long"
        raise Wrong(place, f"the template cannot be read: {said}", "templates are those of Jinja") from None
    if unknown:
        hint = nearest(unknown[0], names) or f"known here: {', '.join(names)}"
        raise Wrong(place, f"`{unknown[0]}` is not known in a template", hint)
