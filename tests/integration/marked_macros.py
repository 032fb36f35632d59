"""Compiled SQL in which comments tell the macro that wrote each piece: what a fault of a macro is in many queries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dbt.clients.jinja import MacroGenerator

NO_SQL = ("generate_schema_name",)
"""Macros whose text is not put into queries."""
BEGIN, END = "/*<{}>*/", "/*</>*/"


@contextmanager
def marked() -> Iterator[None]:
    """Meanwhile dbt writes around what a macro of the package gives, which macro it was."""
    plain = MacroGenerator.__call__

    def call(macro: MacroGenerator, *arguments: Any, **named: Any) -> Any:
        found = plain(macro, *arguments, **named)
        name, package = macro.macro.name, macro.macro.package_name
        if package != "dbt_audiences" or name in NO_SQL or not isinstance(found, str) or not found.strip():
            return found
        return f"{BEGIN.format(name)}{found}{END}"

    MacroGenerator.__call__ = call
    try:
        yield
    finally:
        MacroGenerator.__call__ = plain
