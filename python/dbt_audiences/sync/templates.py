"""Settings and secrets as written -> as used; they are rendered late, and never stored.

`{{ env_var('NAME') }}`                a variable of the environment
`{{ file('/run/secrets/name') }}`      a file outside of the project
`{{ keyring('service', 'name') }}`     the keyring of the operating system
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from dbt_audiences.sync.extras import need_library


def is_template(value: object) -> bool:
    """Whether a value is known only once rendered."""
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def rendered(value: object, environment: Mapping[str, str] | None = None) -> object:
    """A value with its texts rendered, also inside mappings and lists; raises `ValueError` that names what is missing."""
    variables = os.environ if environment is None else environment
    if isinstance(value, Mapping):
        return {key: rendered(item, variables) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rendered(item, variables) for item in value]
    return _text(value, variables) if isinstance(value, str) and is_template(value) else value


def _text(template: str, variables: Mapping[str, str]) -> str:
    def env_var(name: str, default: str | None = None) -> str:
        found = variables.get(name, default)
        if found is None:
            raise ValueError(f"the environment variable {name} is not set")
        return found

    def file(name: str) -> str:
        path = Path(name).expanduser()
        if not path.is_absolute():
            raise ValueError(f"the file `{name}` must be given by its whole path, outside of the project")
        try:
            return path.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            said = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise ValueError(f"the file `{name}` cannot be read: {said}") from None

    try:
        return (
            SandboxedEnvironment(undefined=StrictUndefined)
            .from_string(template)
            .render(env_var=env_var, file=file, keyring=_of_keyring)
        )
    except TemplateError as error:
        raise ValueError(f"the template cannot be rendered: {error.message or type(error).__name__}") from None
    except TypeError:
        known = "`env_var('NAME')`, `file('/path')` and `keyring('service', 'name')` are known"
        raise ValueError(f"the template cannot be rendered: {known}") from None


def _of_keyring(service: str, name: str) -> str:
    need_library("keyring", "keyring")
    keyring, errors = import_module("keyring"), import_module("keyring.errors")
    try:
        found: str | None = keyring.get_password(service, name)
    except errors.KeyringError as error:
        raise ValueError(f"the keyring cannot be asked: {type(error).__name__}") from None
    if found is None:
        raise ValueError(f"the keyring has no `{name}` of `{service}`: keyring set {service} {name}")
    return found
