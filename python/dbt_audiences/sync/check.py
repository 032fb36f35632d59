"""Destinations and what is sent to them, checked before anything runs; settings and secrets as used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from urllib.parse import urlsplit

from dbt_audiences.core.definitions import Which
from dbt_audiences.core.errors import Problem
from dbt_audiences.core.project import Audience, Destination, Project, SendTo
from dbt_audiences.sync.channel import IDENTIFIER_COLUMNS, Setting, Spec
from dbt_audiences.sync.destinations import destination_types
from dbt_audiences.sync.templates import is_template, rendered

_DEFAULT_IDENTIFIERS: Mapping[str, Which] = dict.fromkeys(IDENTIFIER_COLUMNS, "last")


def identifiers_of(destinations: Mapping[str, Destination]) -> Callable[[SendTo, Audience], Mapping[str, Which]]:
    """The identifier types that a send uses, and which values of each: its own, or its destination's that are eligible."""

    def chosen(send: SendTo, audience: Audience) -> Mapping[str, Which]:
        if send.identifiers is not None:
            return send.identifiers
        destination = destinations.get(send.destination)
        spec = destination_types().get(destination.type) if destination is not None else None
        default = _DEFAULT_IDENTIFIERS if spec is None else spec.identifiers
        eligible = {*audience.identifiers, *(("anonymous_id",) if audience.include_anonymous else ())}
        found: dict[str, Which] = {name: which for name, which in default.items() if name in eligible}
        if found or (spec is not None and spec.identifier_types is not None):
            return found
        return dict.fromkeys(audience.identifiers, "last")

    return chosen


def check_destinations(project: Project) -> list[Problem]:
    """Everything wrong with the destinations of a project and with what its audiences send to them."""
    chosen = identifiers_of(project.destinations)
    problems = [problem for destination in project.destinations.values() for problem in _of_destination(destination)]
    for audience in project.audiences.values():
        for send in audience.send_to:
            destination = project.destinations.get(send.destination)
            spec = None if destination is None else destination_types().get(destination.type)
            if spec is not None:
                problems += _of_send(send, audience, spec)
                if not chosen(send, audience):
                    problems.append(_none_eligible(send, audience, spec))
    return problems


def used_settings(destination: Destination, spec: Spec) -> dict[str, object]:
    """The settings with their templates rendered; raises `ValueError` that says what is wrong."""
    found: dict[str, object] = {}
    for setting in spec.settings:
        if setting.name in destination.settings:
            value = rendered(destination.settings[setting.name])
            if setting.kind == "integer" and isinstance(value, str) and value.strip().isdigit():
                value = int(value)
            problem = _wrong_value(setting, value)
            if problem is not None:
                raise ValueError(problem)
            found[setting.name] = value
    return found


def used_secrets(destination: Destination, spec: Spec) -> dict[str, str]:
    """The secrets with their templates rendered; raises `ValueError` that names the secret and never shows it."""
    found = {}
    for name, template in destination.secrets.items():
        try:
            value = str(rendered(template))
            if spec.check_secret is not None:
                spec.check_secret(name, value)
        except ValueError as error:
            raise ValueError(f"the secret `{name}`: {error}") from None
        found[name] = value
    return found


def _of_destination(destination: Destination) -> Iterator[Problem]:
    types = destination_types()
    spec = types.get(destination.type)
    if spec is None:
        yield Problem(
            destination.place,
            f"the destination `{destination.key}` has the unknown type `{destination.type}`",
            _hint(destination.type, types),
        )
        return
    for words, given, known in (
        ("setting", destination.settings, [setting.name for setting in spec.settings]),
        ("secret", destination.secrets, spec.secrets),
    ):
        for name in given:
            if name not in known:
                yield Problem(
                    destination.place, f"a {spec.type} destination has no {words} `{name}`", _hint(name, known, f"no {words}s")
                )
    for setting in spec.settings:
        value = destination.settings.get(setting.name)
        if value is None:
            if setting.is_required:
                message = f"a {spec.type} destination needs `settings: {{{setting.name}: ...}}`"
                yield Problem(destination.place, message)
        elif not is_template(value):
            problem = _wrong_value(setting, value)
            if problem is not None:
                yield Problem(destination.place, problem)
    for name, template in destination.secrets.items():
        if name in spec.secrets and spec.check_secret is not None and not is_template(template):
            try:
                spec.check_secret(name, template)
            except ValueError as error:
                yield Problem(destination.place, f"the secret `{name}`: {error}")


def _of_send(send: SendTo, audience: Audience, spec: Spec) -> Iterator[Problem]:
    if send.as_ is not None and send.as_ not in spec.forms:
        yield Problem(
            send.place, f"a {spec.type} destination cannot be sent `as: {send.as_}`", f"it takes {_listed(spec.forms)}"
        )
    form = send.as_ or spec.forms[0]
    if send.list_name is not None and form != "list":
        yield Problem(send.place, f"`list` names a list, and this is sent `as: {form}`", "add `as: list`, or leave `list` out")
    if (send.entered_event, send.exited_event) != ("Audience Entered", "Audience Exited") and form != "events":
        yield Problem(
            send.place, f"`events` names events, and this is sent `as: {form}`", "add `as: events`, or leave `events` out"
        )
    for name in send.identifiers or ():
        if spec.identifier_types is not None and name not in spec.identifier_types:
            yield Problem(
                send.place,
                f"a {spec.type} destination cannot carry the identifier `{name}`",
                _hint(name, spec.identifier_types),
            )
    for _, there in send.traits:
        if there == audience.key or (send.as_ == "events" and there == "audience_key"):
            yield Problem(
                send.place,
                f"a trait cannot be sent as `{there}`: the membership itself has that name",
                "rename it: `- {trait: name there}`",
            )


def _none_eligible(send: SendTo, audience: Audience, spec: Spec) -> Problem:
    return Problem(
        send.place,
        f"a {spec.type} destination can carry none of the identifiers of this audience ({_listed(audience.identifiers)})",
        "name others under `identifiers:`",
    )


def _wrong_value(setting: Setting, value: object) -> str | None:
    name = f"the setting `{setting.name}`"
    if setting.kind == "integer":
        if isinstance(value, bool) or not isinstance(value, int) or not setting.least <= value <= setting.most:
            return f"{name} must be a whole number from {setting.least} to {setting.most:,}"
        return None
    if not isinstance(value, str) or not value.strip():
        return f"{name} must be a text that is not blank"
    if setting.kind == "url":
        return _wrong_url(name, value)
    if setting.choices and value not in setting.choices:
        return f"{name} must be {_listed(setting.choices)}, not `{value}`"
    return None


def _wrong_url(name: str, value: str) -> str | None:
    try:
        parts = urlsplit(value)
        host, _, has_login = parts.hostname, parts.port, "@" in parts.netloc
    except ValueError:
        return f"{name} is not a URL"
    if parts.scheme not in ("http", "https") or not host:
        return f"{name} must be a URL that begins with https:// or http://"
    if has_login:
        return f"{name} must not hold a user or a password"
    return None


def _hint(word: str, known: Iterable[str], nothing: str = "nothing") -> str:
    words = list(known)
    near = get_close_matches(word, words, 1)
    return f"did you mean `{near[0]}`?" if near else f"it knows {_listed(words)}" if words else f"it has {nothing}"


def _listed(words: Iterable[str]) -> str:
    quoted = [f"`{word}`" for word in words]
    return "".join(quoted) if len(quoted) < 2 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
