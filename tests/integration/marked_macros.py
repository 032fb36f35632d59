"""Compiled SQL in which comments tell the macro that wrote each piece: what a fault of a macro is in many queries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dbt.clients.jinja import MacroGenerator

NOT_MARKED = ("generate_schema_name", "laid_out", "filled", "all_of", "any_of")
"""Macros whose text is not put into queries, or is what others wrote, only joined."""
BEGIN, END = "/*<{}>*/", "/*</>*/"


@contextmanager
def marked() -> Iterator[None]:
    """Meanwhile dbt writes around what a macro of the package gives, which macro it was."""
    plain = MacroGenerator.__call__

    def call(macro: MacroGenerator, *arguments: Any, **named: Any) -> Any:
        found = plain(macro, *arguments, **named)
        name, package = macro.macro.name, macro.macro.package_name
        if package != "dbt_audiences" or name in NOT_MARKED or not isinstance(found, str) or not found.strip():
            return found
        return f"{BEGIN.format(name)}{found}{END}"

    MacroGenerator.__call__ = call
    try:
        yield
    finally:
        MacroGenerator.__call__ = plain
