"""`destinations/types/<key>.yml` -> `DestinationType`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import get_args

from dbt_audiences.core.definitions import Place, Which
from dbt_audiences.core.destination_type import (
    Auth,
    DestinationType,
    Field,
    Form,
    Hash,
    ListPlace,
    Normalization,
    OAuth1,
    Option,
    RateLimit,
    Sends,
    Template,
)  # fmt: skip
from dbt_audiences.spec.audience import read_key, read_name
from dbt_audiences.spec.destination_calls import read_call, read_calls, read_find, read_row_rules, read_rules
from dbt_audiences.spec.fields import Fields, Problems, nearest, text_of
from dbt_audiences.spec.nodes import ListNode, MapNode, Node, Scalar, Wrong, read_yaml
from dbt_audiences.spec.patterns import check_pattern
from dbt_audiences.spec.template_texts import template_of, text_template
from dbt_audiences.spec.values import duration_of

FORMS: tuple[Form, ...] = get_args(Form)
NORMALIZATIONS: tuple[Normalization, ...] = get_args(Normalization)
HASHES: tuple[Hash, ...] = get_args(Hash)
WHICH: tuple[Which, ...] = get_args(Which)
KINDS = ("text", "url", "integer")
PROOFS = ("contract receiver", "real server", "not yet")
OWN_SETTINGS = ("base_url", "batch_size", "token_url")
"""Settings that declared types have anyway; `token_url` where a token is fetched."""

OF_ROWS = (
    "index", "message_id", "profile_id", "group_id", "op", "is_member", "attributes", "traits", "event", "properties", "call",
)  # fmt: skip
"""What `row` knows besides identifiers."""

AUTHS = ("bearer", "basic", "headers", "query", "token", "oauth1")
OAUTH1 = ("consumer_key", "consumer_secret", "token", "token_secret")
MOST_ROWS, MOST_OF_WHOLE, MOST_BYTES = 10_000, 100_000, 1_000_000
ONE_SUMMARY = "summary"


def read_types(root: Path, problems: Problems) -> dict[str, DestinationType]:
    """The types that a project declares itself."""
    found = {}
    for path in sorted((root / "destinations" / "types").glob("*")):
        if path.suffix.lower() in (".yaml", ".json") or (path.suffix != ".yml" and path.suffix.lower() == ".yml"):
            place = Place(path.relative_to(root).as_posix(), 1, 1)
            problems.add(place, f"a destination type ends in `.yml`, not `{path.suffix}`", f"rename it to `{path.stem}.yml`")
        if path.suffix != ".yml" or path.name.startswith("."):
            continue
        made = problems.attempt(lambda path=path: read_type(read_yaml(root, path), path.stem, problems))
        if made is not None:
            found[path.stem] = made
    return found


def read_type(node: Node, stem: str, problems: Problems) -> DestinationType:
    """The type of a file; every problem found on the way is noted, the first that stops the reading is raised."""
    fields = Fields(node, "a destination type", problems)
    key = read_key(fields, "destination_type", stem)
    sent = _fields(fields.need("identifiers"), problems)
    by = tuple(one.name for one in sent)
    auth, place, check = fields.take("auth"), fields.take("list"), fields.take("check")
    rows, most_bytes, is_whole = _batch(fields.take("batch"), problems)
    limit, every = fields.take("rate_limit"), fields.take("every")
    made = DestinationType(
        key=key,
        name=read_name(fields, key),
        description=fields.text("description") or "",
        api_version=fields.text("api_version") or "",
        docs=fields.text("docs") or "",
        proven_by=fields.one_of("proven_by", PROOFS) or "not yet",
        options=_options(fields.take("settings"), problems),
        secrets=fields.distinct("secrets") or (),
        base_url=text_template(fields.need("base_url"), "`base_url`", ("settings", "secret")),
        auth=Auth() if auth is None else problems.attempt(_auth, auth, problems) or Auth(),
        fields=sent,
        most_rows=rows,
        most_bytes=most_bytes,
        is_whole=is_whole,
        rate_limit=None if limit is None else problems.attempt(_rate_limit, limit, problems),
        list_place=ListPlace() if place is None else problems.attempt(_list, place, problems) or ListPlace(),
        sends=_sends(fields.need("sends"), by, problems),
        answers=read_rules(fields.items("answers"), problems),
        row_rules=read_row_rules(fields.items("rows"), by, problems),
        check=None if check is None else problems.attempt(read_call, check, (), problems),
        accounts=fields.boolean("accounts", False),
        any_identifier=fields.boolean("any_identifier", False),
        minimum=fields.whole("minimum", 0) or 0,
        place=fields.place,
        every=None if every is None else problems.attempt(lambda: duration_of(every, "`every`", calendar=False)),
    )
    fields.finish()
    if (
        is_whole
        and made.sends
        and (tuple(made.sends) != ("list",) or any(one.add != one.remove for one in made.sends.values()))
    ):
        hint = "`sends: {list: ...}` with one request, or a list of steps: who is not among the rows is gone"
        raise Wrong(fields.place_of("sends"), "a request of all members neither adds nor removes", hint)
    return made


def _entries(node: Node, what: str, hint: str) -> Mapping[str, Node]:
    if not isinstance(node, MapNode) or not node.entries:
        raise Wrong(node.place, f"{what} must be a mapping", hint)
    return node.entries


def _fields(node: Node, problems: Problems) -> tuple[Field, ...]:
    entries = _entries(node, "`identifiers`", "such as {email: {normalize: [trim, lower], hash: sha256}}")
    read = [problems.attempt(_field, name, value, problems) for name, value in entries.items()]
    return tuple(one for one in read if one is not None)


def _field(name: str, node: Node, problems: Problems) -> Field:
    if re.fullmatch(r"[a-z][a-z0-9_]*", name) is None or name in OF_ROWS:
        hint = f"lower-case letters, digits and `_`, and none of: {', '.join(OF_ROWS)}; `of:` names its type"
        raise Wrong(node.place, f"`{name}` cannot name an identifier in a template", hint)
    fields = Fields(node, f"the identifier `{name}`", problems)
    words = fields.distinct("normalize") or ()
    for word in words:
        if word not in NORMALIZATIONS:
            place = fields.place_of("normalize")
            raise Wrong(place, f"`{word}` is no way to normalize", nearest(word, NORMALIZATIONS) or ", ".join(NORMALIZATIONS))
    made = Field(
        name,
        fields.text("of") or name,
        fields.one_of("send", WHICH) or "last",  # type: ignore[arg-type]  # one_of checked it
        words,  # type: ignore[arg-type]
        fields.one_of("hash", HASHES),  # type: ignore[arg-type]
        _pattern(fields),
        fields.boolean("default", True),
    )
    fields.finish()
    return made


def _pattern(fields: Fields) -> str | None:
    node = fields.take("pattern")
    if node is None:
        return None
    text = text_of(node, "`pattern`")
    check_pattern(text, node.place)
    return text


def _options(node: Node | None, problems: Problems) -> tuple[Option, ...]:
    if node is None:
        return ()
    entries = _entries(node, "`settings`", "such as {region: {choices: [us, eu], default: us}}")
    read = [problems.attempt(_option, name, value, problems) for name, value in entries.items()]
    return tuple(one for one in read if one is not None)


def _option(name: str, node: Node, problems: Problems) -> Option:
    if name in OWN_SETTINGS:
        raise Wrong(node.place, f"every declared type has the setting `{name}` already", "leave it out")
    fields = Fields(node, f"the setting `{name}`", problems)
    choices = fields.distinct("choices") or ()
    kind = fields.one_of("kind", KINDS) or "text"
    default: str | int | None = fields.whole("default", 0) if kind == "integer" else fields.text("default")
    if default is not None and choices and default not in choices:
        raise Wrong(fields.place_of("default"), f"the default `{default}` is none of the choices", ", ".join(choices))
    made = Option(
        name,
        kind,  # type: ignore[arg-type]  # one_of checked it
        fields.boolean("required", False),
        choices,
        default,
        fields.text("description") or "",
    )
    fields.finish()
    return made


def _auth(node: Node, problems: Problems) -> Auth:
    fields = Fields(node, "`auth`", problems)
    bearer, basic, headers, query, token, oauth1 = (fields.take(word) for word in AUTHS)
    sent = {} if headers is None else _named(headers, "`headers`")
    if bearer is not None:
        sent["Authorization"] = f"Bearer {_credential(bearer, '`bearer`')}"
    made = Auth(sent, {} if query is None else _named(query, "`query`"), None if basic is None else _login(basic, problems))
    if token is not None:
        of_token = Fields(token, "`token`", problems)
        url = _credential(of_token.need("url"), "`url`")
        form = _named(of_token.need("form"), "`form`")
        login = of_token.take("basic")
        token_basic = None if login is None else _login(login, problems)
        made = Auth(made.headers, made.query, made.basic, url, form, token_basic)
        of_token.finish()
    if oauth1 is not None:
        keys = Fields(oauth1, "`oauth1`", problems)
        made = replace(made, oauth1=OAuth1(*(_credential(keys.need(word), f"`{word}`") for word in OAUTH1)))
        keys.finish()
    fields.finish()
    return made


def _login(node: Node, problems: Problems) -> tuple[str, str]:
    fields = Fields(node, "`basic`", problems)
    found = (_credential(fields.need("user"), "`user`"), _credential(fields.need("password"), "`password`"))
    fields.finish()
    return found


_CREDENTIAL_NAMES = ("settings", "secret", "token", "omit")


def _credential(node: Node, what: str) -> str:
    return text_template(node, what, _CREDENTIAL_NAMES)


def _named(node: Node, what: str) -> dict[str, Template]:
    entries = _entries(node, what, 'such as {Api-Key: "{{ secret.api_key }}"}')
    return {name: template_of(value, _CREDENTIAL_NAMES) for name, value in entries.items()}


def _batch(node: Node | None, problems: Problems) -> tuple[int | None, int, bool]:
    if node is None:
        return 500, MOST_BYTES, False
    if isinstance(node, Scalar) and node.text == ONE_SUMMARY:
        return None, MOST_BYTES, False
    fields = Fields(node, "`batch`", problems)
    is_whole = fields.boolean("whole", False)
    rows, size = fields.whole("rows", 1) or 500, fields.whole("bytes", 1000) or MOST_BYTES
    most = MOST_OF_WHOLE if is_whole else MOST_ROWS
    if rows > most:
        raise Wrong(fields.place_of("rows"), f"`rows` is at most {most:,}", "larger requests hold too much in memory")
    fields.finish()
    return rows, size, is_whole


def _rate_limit(node: Node, problems: Problems) -> RateLimit:
    fields = Fields(node, "`rate_limit`", problems)
    fields.need("requests")
    requests, seconds = fields.whole("requests", 1) or 1, fields.whole("seconds", 1) or 1
    at_once = fields.whole("at_once", 1) or 4
    fields.finish()
    return RateLimit(requests, seconds, at_once)


def _list(node: Node, problems: Problems) -> ListPlace:
    fields = Fields(node, "`list`", problems)
    fields.refuse_together("find", "given")
    find, create = fields.take("find"), fields.take("create")
    if create is not None and find is None:
        hint = "without it every sync would create the list again"
        raise Wrong(fields.place_of("create"), "`create` needs `find` beside it", hint)
    made = ListPlace(
        None if find is None else read_find(find, "`find`", problems),
        None if create is None else read_find(create, "`create`", problems),
        fields.text("given"),
        _pattern(fields),
        fields.whole("settles_seconds", 0) or 0,
    )
    fields.finish()
    return made


def _sends(node: Node, by: tuple[str, ...], problems: Problems) -> Mapping[Form, Sends]:
    entries = _entries(node, "`sends`", "such as {list: {add: {post: /add}, remove: {post: /remove}}}")
    found: dict[Form, Sends] = {}
    for word, value in entries.items():
        form = next((form for form in FORMS if form == word), None)
        if form is None:
            raise Wrong(value.place, f"`{word}` is no way to send", nearest(word, FORMS) or f"one of: {', '.join(FORMS)}")
        made = problems.attempt(_send, value, by, problems)
        if made is not None:
            found[form] = made
    return found


def _send(node: Node, by: tuple[str, ...], problems: Problems) -> Sends:
    """`add` and `remove`, or one request for both."""
    if isinstance(node, ListNode) or (isinstance(node, MapNode) and not {"add", "remove"} & node.entries.keys()):
        both = read_calls(node, by, problems)
        return Sends(both, both)
    fields = Fields(node, "a way to send", problems)
    made = Sends(read_calls(fields.need("add"), by, problems), read_calls(fields.need("remove"), by, problems))
    fields.finish()
    return made
