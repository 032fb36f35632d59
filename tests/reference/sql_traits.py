"""SQL traits as the reference sees them: the value of a model's column, which hides a custom trait of its name."""

from typing import Any

NAMES = ("churn", "tier")
"""The traits that SQL gives in drawn definitions."""
CUSTOM = "\0custom"
"""Under this name, which no trait has, stand the custom traits beside those that are seen."""


def current(custom: dict[str, Any], given: dict[str, Any], *, is_custom: bool) -> dict[str, Any]:
    """The traits that a condition reads: `custom.` reaches what SQL hides; null is no value."""
    if is_custom:
        return custom
    visible = {name: value for name, value in custom.items() if name not in NAMES}
    return visible | {name: value for name, value in given.items() if value is not None}
