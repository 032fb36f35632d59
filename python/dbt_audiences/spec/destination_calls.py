"""Requests and answers of a destination type: the calls of its steps, and what their answers mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar, get_args

from dbt_audiences.core.destination_type import (
    Call,
    Encoding,
    Find,
    Meaning,
    Method,
    Pages,
    RowMeaning,
    RowRule,
    Rule,
    Skip,
    Until,
)  # fmt: skip
from dbt_audiences.spec.fields import Fields, Problems, nearest
from dbt_audiences.spec.nodes import ListNode, MapNode, Node, Wrong
from dbt_audiences.spec.template_texts import expression_of, template_of, text_template

T = TypeVar("T")
METHODS: Mapping[str, Method] = {method.lower(): method for method in get_args(Method)}
ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)
MEANINGS: tuple[Meaning, ...] = get_args(Meaning)
ROW_MEANINGS: tuple[RowMeaning, ...] = get_args(RowMeaning)
INDEX = "index"


def read_calls(node: Node, by: tuple[str, ...], problems: Problems) -> tuple[Call, ...]:
    """One request or a list of steps; `by` are the words by which answers may name rows."""
    if isinstance(node, ListNode):
        if not node.items:
            raise Wrong(node.place, "the list of steps is empty", "such as [{post: /members}]")
        return problems.each(node, lambda item: read_call(item, by, problems))
    return (read_call(node, by, problems),)


def read_call(node: Node, by: tuple[str, ...], problems: Problems) -> Call:
    """One request."""
    fields = Fields(node, "a request", problems)
    call = _call(fields, by)
    fields.finish()
    return call


def read_find(node: Node, what: str, problems: Problems) -> Find:
    """A request that gives an id."""
    fields = Fields(node, what, problems)
    call = _call(fields, ())
    id_ = expression_of(fields.need("id"), "`id`")
    absent = _expression(fields, "absent")
    pages = fields.take("pages")
    found = Find(call, id_, absent, None if pages is None else _pages(pages, problems))
    fields.finish()
    return found


def read_rules(node: ListNode | None, problems: Problems) -> tuple[Rule, ...]:
    """`answers:`"""
    return () if node is None else problems.each(node, lambda item: _rule(item, problems))


def read_row_rules(node: ListNode | None, by: tuple[str, ...], problems: Problems) -> tuple[RowRule, ...]:
    """`rows:`"""
    return () if node is None else problems.each(node, lambda item: _row_rule(item, by, problems))


def _call(fields: Fields, by: tuple[str, ...]) -> Call:
    problems = fields.problems
    given = [word for word in METHODS if word in fields]
    if len(given) != 1:
        hint = "such as post: /lists/members"
        raise Wrong(fields.place, f"{fields.what} has one of: {', '.join(METHODS)}", hint)
    path_node = fields.need(given[0])
    path = text_template(path_node, f"`{given[0]}`")
    if not path.startswith("/"):
        raise Wrong(path_node.place, f"`{given[0]}` begins with a slash: it is a path below `base_url`", f"/{path}")
    body, until, skip, save = (fields.take(word) for word in ("body", "until", "skip", "save"))
    encoding = fields.one_of("encoding", ENCODINGS) or "json"
    return Call(
        method=METHODS[given[0]],
        path=path,
        query=_templates(fields, "query"),
        headers=_templates(fields, "headers"),
        body=None if body is None else problems.attempt(template_of, body),
        has_body=body is not None,
        encoding=encoding,  # type: ignore[arg-type]  # one_of checked it
        save={} if save is None else _saved(save),
        when=_expression(fields, "if"),
        skip=None if skip is None else problems.attempt(_skip, skip, problems),
        answers=read_rules(fields.items("answers"), problems),
        rows=read_row_rules(fields.items("rows"), by, problems),
        until=None if until is None else problems.attempt(_until, until, problems),
    )


def _templates(fields: Fields, key: str) -> Mapping[str, object]:
    node = fields.take(key)
    if node is None:
        return {}
    if not isinstance(node, MapNode):
        raise Wrong(node.place, f"`{key}` must be a mapping", "such as {limit: 100}")
    return {name: template_of(value) for name, value in node.entries.items()}


def _saved(node: Node) -> Mapping[str, str]:
    if not isinstance(node, MapNode):
        raise Wrong(node.place, "`save` must be a mapping of names to expressions", "such as {id: body.data.id}")
    return {name: expression_of(value, f"`{name}`") for name, value in node.entries.items()}


def _expression(fields: Fields, key: str) -> str | None:
    node = fields.take(key)
    return None if node is None else expression_of(node, f"`{key}`")


def _needed(fields: Fields, key: str, words: tuple[T, ...]) -> T:
    fields.need(key)
    found = fields.one_of(key, words)  # type: ignore[arg-type]  # all of these are texts
    return words[0] if found is None else found  # type: ignore[return-value]


def _rule(node: Node, problems: Problems) -> Rule:
    fields = Fields(node, "an answer", problems)
    rule = Rule(expression_of(fields.need("if"), "`if`"), _needed(fields, "then", MEANINGS), _expression(fields, "reason"))
    fields.finish()
    return rule


def _row_rule(node: Node, by: tuple[str, ...], problems: Problems) -> RowRule:
    fields = Fields(node, "an answer about rows", problems)
    each = expression_of(fields.need("each"), "`each`")
    words = (INDEX, *by)
    given = [word for word in words if word in fields]
    if len(given) != 1:
        odd = next((word for word in fields.node.entries if word not in ("each", "then", "reason")), "")
        hint = nearest(odd, words) or f"one of: {', '.join(words)}"
        raise Wrong(fields.place, "an answer about rows says by what it names a row", hint)
    then = fields.one_of("then", ROW_MEANINGS) or "rejected"
    key = expression_of(fields.need(given[0]), f"`{given[0]}`")
    rule = RowRule(each, given[0], key, then, _expression(fields, "reason"))  # type: ignore[arg-type]  # one_of checked
    fields.finish()
    return rule


def _skip(node: Node, problems: Problems) -> Skip:
    fields = Fields(node, "`skip`", problems)
    unless = expression_of(fields.need("unless"), "`unless`")
    found = Skip(unless, _needed(fields, "then", ROW_MEANINGS), fields.text("reason") or "")
    fields.finish()
    return found


def _pages(node: Node, problems: Problems) -> Pages:
    return _read(node, "`pages`", problems, lambda fields: Pages(fields.text("param") or "page", _next(fields)))


def _next(fields: Fields) -> str:
    return expression_of(fields.need("next"), "`next`")


def _until(node: Node, problems: Problems) -> Until:
    def read(fields: Fields) -> Until:
        when = expression_of(fields.need("if"), "`if`")
        return Until(when, fields.whole("seconds", 1) or 2, fields.whole("at_most", 1) or 30)

    return _read(node, "`until`", problems, read)


def _read(node: Node, what: str, problems: Problems, read: Callable[[Fields], T]) -> T:
    fields = Fields(node, what, problems)
    found = read(fields)
    fields.finish()
    return found
