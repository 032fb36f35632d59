"""Templates and expressions compiled once: a text that is one expression keeps its type, any other gives text."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from typing import Any, cast
from urllib.parse import quote
from uuid import UUID

from jinja2 import ChainableUndefined, StrictUndefined, TemplateError, Undefined, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from dbt_audiences.core.destination_type import Template
from dbt_audiences.spec.template_texts import EACH, IF
from dbt_audiences.sync.declared.fields import hashed
from dbt_audiences.sync.json_text import dumped, plain_numbers

Context = Mapping[str, object]
Rendered = Callable[[Context], object]


_KEPT = 2_000
"""Texts whose compiled form is kept: several connections of one destination share them."""


class CannotRender(ValueError):
    """A template lacks something that it needs."""


class _Omitted:
    """What `{{ ... | default(omit) }}` gives: the key or item that it stands for is left out."""


OMIT = _Omitted()


def _at(item: object, path: str) -> object:
    for word in path.split("."):
        item = item.get(word) if isinstance(item, Mapping) else None
    return item


def _keyed(items: object, by: str, value: str) -> dict[str, object]:
    """A list of mappings as one of its own: what is at one path, in lower case -> what is at another."""
    pairs = [(_at(item, by), _at(item, value)) for item in (items if isinstance(items, list) else ())]
    return {str(key).lower(): found for key, found in pairs if key is not None and found is not None}


def _paired(keys: Iterable[object], items: object, value: str) -> dict[str, object]:
    """Each key -> what is at a path of the item that stands in its place."""
    return {str(key): _at(item, value) for key, item in zip(keys, items if isinstance(items, list) else (), strict=False)}


def _texts(mapping: Mapping[str, object]) -> dict[str, str]:
    """The values as texts: empty for none, `true` and `false` for truths."""
    return {name: _text_of(value) for name, value in mapping.items()}


def _text_of(value: object) -> str:
    if isinstance(value, str):
        return plain_numbers(value)
    return "" if value is None else dumped(value)


def _under(items: Iterable[object], path: str) -> list[object]:
    """Each item under a path of its own."""
    found = list(items)
    for word in reversed(path.split(".")):
        found = [{word: item} for item in found]
    return found


class _Environment(ImmutableSandboxedEnvironment):
    """`body.items` is what the answer calls items, and not a method of the mapping that holds it."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """The key of a mapping before an attribute."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


def _environment(**changes: Any) -> ImmutableSandboxedEnvironment:
    made = _Environment(**changes)
    made.filters |= {
        "sha256": lambda text: hashed(str(text), "sha256"),
        "md5": lambda text: hashed(str(text), "md5"),
        "base64": lambda text: base64.b64encode(str(text).encode()).decode(),
        "keyed": _keyed,
        "paired": _paired,
        "suffixed": lambda mapping, suffix: {f"{name}{suffix}": value for name, value in mapping.items()},
        "json": dumped,
        "texts": _texts,
        "under": _under,
        "uuid": lambda text: str(UUID(hashed(str(text), "sha256")[:32])),
    }
    return made


@cache
def _of_requests() -> ImmutableSandboxedEnvironment:
    return _environment(undefined=StrictUndefined)


@cache
def _of_paths() -> ImmutableSandboxedEnvironment:
    return _environment(undefined=StrictUndefined, finalize=lambda value: quote(str(value), safe=""))


@cache
def _of_answers() -> ImmutableSandboxedEnvironment:
    return _environment(undefined=ChainableUndefined)


def compiled(template: Template) -> Rendered:
    """Context -> the value; raises `CannotRender`."""
    made = _compiled(template)
    # Merged here once, and not for each of the many small texts: that took half of the time of a large request.
    return lambda context: made({**_of_requests().globals, **context})


def _compiled(template: Template) -> Rendered:
    match template:
        case Mapping():
            return _each(template) if EACH in template else _mapping(template)
        case list():
            items = [_compiled(item) for item in template]
            return lambda context: [made for item in items if (made := item(context)) is not OMIT]
        case str() if "{{" in template or "{%" in template:
            return _text(template)
    return lambda context: template


@lru_cache(_KEPT)
def path_of(template: str) -> Callable[[Context], str]:
    """The same of a path: what it inserts is percent-encoded."""
    made = _of_paths().from_string(template)
    return lambda context: _guarded(template, lambda: made.render(context))


@lru_cache(_KEPT)
def expression(text: str) -> Rendered:
    """Context -> the value of an expression on an answer; what is not there is None."""
    made = _of_answers().compile_expression(text)

    def evaluated(context: Context) -> object:
        try:
            return made(context)
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError):
            return None

    return evaluated


def _mapping(template: Mapping[str, Template]) -> Rendered:
    entries = [(_compiled(key), _compiled(value)) for key, value in template.items()]

    def rendered(context: Context) -> object:
        made = ((key, value(context)) for key, value in entries)
        return {str(key(context)): value for key, value in made if value is not OMIT}

    return rendered


def _each(template: Mapping[str, Template]) -> Rendered:
    """A list with an item for each row, or for each row for which `$if` holds."""
    item = _compiled(template[EACH])
    holds = _condition(str(template[IF])) if IF in template else None

    def rendered(context: Context) -> object:
        rows: Any = context["rows"]
        contexts = ({**context, "row": row} for row in rows)
        return [made for of_row in contexts if (holds is None or holds(of_row)) and (made := item(of_row)) is not OMIT]

    return rendered


@lru_cache(_KEPT)
def _condition(text: str) -> Rendered:
    value_of = _value_of(text)
    return lambda context: _guarded(text, lambda: bool(value_of(context)))


@lru_cache(_KEPT)
def _text(template: str) -> Rendered:
    environment = _of_requests()
    tree = environment.parse(template).body
    is_expression = (
        len(tree) == 1
        and isinstance(tree[0], nodes.Output)
        and len(tree[0].nodes) == 1
        and not isinstance(tree[0].nodes[0], nodes.TemplateData)
    )
    if not is_expression:
        made = environment.from_string(template)
        return lambda context: _guarded(template, lambda: plain_numbers(made.render(context)))
    value_of = _value_of(template.strip()[2:-2].strip("-+"))

    def value(context: Context) -> object:
        found = value_of(context)
        if isinstance(found, Undefined):
            raise CannotRender(f"`{template}` is not there")
        return found

    return lambda context: _guarded(template, lambda: value(context))


def _value_of(text: str) -> Rendered:
    """Context, with the globals in it -> the value of an expression, which may be undefined."""
    made = _of_requests().from_string(f"{{% set value = ({text}) %}}")

    def value(context: Context) -> object:
        inner = made.new_context(cast(dict[str, Any], context), shared=True)
        for _ in made.root_render_func(inner):
            pass
        return inner.vars["value"]

    return value


def _guarded(template: str, make: Callable[[], Any]) -> Any:
    try:
        return make()
    except CannotRender:
        raise
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise CannotRender(f"`{template}` cannot be rendered: {error}") from None
