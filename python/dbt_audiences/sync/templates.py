"""Settings and secrets as written -> as used: `{{ env_var('NAME') }}` is rendered late, and never stored."""

from __future__ import annotations

import os
from collections.abc import Mapping

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment


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

    try:
        return SandboxedEnvironment(undefined=StrictUndefined).from_string(template).render(env_var=env_var)
    except TemplateError as error:
        raise ValueError(f"the template cannot be rendered: {error.message or type(error).__name__}") from None
    except TypeError:
        raise ValueError("the template cannot be rendered: only `env_var('NAME')` is known") from None
