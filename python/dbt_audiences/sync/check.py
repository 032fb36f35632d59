"""Destinations and what is sent to them, checked before anything runs; settings and secrets as used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from dbt_audiences.core.errors import Problem
from dbt_audiences.core.project import Destination, Project
from dbt_audiences.sync.channel import Setting, Spec
from dbt_audiences.sync.check_sends import identifiers_of, problems_of_send
from dbt_audiences.sync.check_withheld import problems_of_priority, problems_of_withholding
from dbt_audiences.sync.destinations import destination_types, type_of
from dbt_audiences.sync.templates import is_template, rendered
from dbt_audiences.sync.wording import hint_of, listed

__all__ = ["check_destinations", "identifiers_of", "problems_of_settings", "secret_urls", "used_secrets", "used_settings"]


def check_destinations(project: Project) -> list[Problem]:
    """Everything wrong with the destinations of a project and with what its audiences and traits send to them."""
    chosen = identifiers_of(project.destinations)
    own = project.destination_types
    problems = [problem for destination in project.destinations.values() for problem in _of_destination(destination, own)]
    problems += [problem for one in project.destinations.values() for problem in problems_of_priority(project, one)]
    for sent in project.sendable:
        for send in sent.send_to:
            destination = project.destinations.get(send.destination)
            spec = None if destination is None else type_of(destination)
            if spec is not None and destination is not None:
                problems += problems_of_send(send, sent, spec, chosen)
                problems += problems_of_withholding(send, sent, destination, spec)
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


def secret_urls(destination: Destination, spec: Spec, settings: Mapping[str, object]) -> list[str]:
    """Rendered URLs that do not stand in the file: they may hold a token."""
    urls = (one.name for one in spec.settings if one.kind == "url" and is_template(destination.settings.get(one.name)))
    return [str(settings[name]) for name in urls if name in settings]


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


def _of_destination(destination: Destination, own: Iterable[str]) -> Iterator[Problem]:
    spec = type_of(destination)
    if spec is None:
        yield Problem(
            destination.place,
            f"the destination `{destination.key}` has the unknown type `{destination.type}`",
            hint_of(destination.type, (*destination_types(), *own)),
        )
        return
    if destination.rate_limit is not None and not spec.is_paced:
        hint = "leave it out: it is written to, one batch after the other"
        yield Problem(destination.place, f"a {spec.type} destination gets no requests that `rate_limit` could count", hint)
    yield from problems_of_settings(destination, spec)


def problems_of_settings(destination: Destination, spec: Spec, what: str = "destination") -> Iterator[Problem]:
    """What is wrong with settings and secrets of what a type of destination reaches."""
    for words, given, known in (
        ("setting", destination.settings, [setting.name for setting in spec.settings]),
        ("secret", destination.secrets, spec.secrets),
    ):
        for name in given:
            if name not in known:
                message = f"a {spec.type} {what} has no {words} `{name}`"
                yield Problem(destination.place, message, hint_of(name, known, f"no {words}s"))
    for setting in spec.settings:
        value = destination.settings.get(setting.name)
        if value is None:
            if setting.is_required:
                message = f"a {spec.type} {what} needs `settings: {{{setting.name}: ...}}`"
                yield Problem(destination.place, message)
        elif not is_template(value):
            problem = _wrong_value(setting, value)
            if problem is not None:
                yield Problem(destination.place, problem)
    for name in spec.needed_secrets:
        if name not in destination.secrets:
            variable = f"{destination.key}_{name}".upper()
            message = f"a {spec.type} {what} needs the secret `{name}`"
            yield Problem(destination.place, message, f"secrets: {{{name}: \"{{{{ env_var('{variable}') }}}}\"}}")
    for name, template in destination.secrets.items():
        if name in spec.secrets and spec.check_secret is not None and not is_template(template):
            try:
                spec.check_secret(name, template)
            except ValueError as error:
                yield Problem(destination.place, f"the secret `{name}`: {error}")


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
        return f"{name} must be {listed(setting.choices)}, not `{value}`"
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
