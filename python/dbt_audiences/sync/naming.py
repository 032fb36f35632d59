"""What the calls of a connection are called, as SQL of the rows that they stand for."""

from __future__ import annotations

from dataclasses import dataclass

from dbt_audiences.core.warehouse import text_literal
from dbt_audiences.sync.channel import ACCOUNT_IDENTIFIER


@dataclass(frozen=True, slots=True)
class Naming:
    """The form in which something is sent (`list`, `events` or `boolean`), and the names of the events that say it."""

    form: str = "boolean"
    entered: str = "Audience Entered"
    exited: str = "Audience Exited"

    @property
    def type(self) -> str:
        """SQL of `list`, `track`, `identify` or `group`."""
        if self.form in ("list", "events"):
            return "'list'" if self.form == "list" else "'track'"
        return f"case when identifier_type = '{ACCOUNT_IDENTIFIER}' then 'group' else 'identify' end"

    @property
    def event(self) -> str:
        """SQL of the name of the event, or of what is done to the list; null for what is neither."""
        if self.form not in ("list", "events"):
            return "cast(null as text)"
        entered, exited = ("add", "remove") if self.form == "list" else (self.entered, self.exited)
        return f"case when op = 'remove' then {text_literal(exited)} else {text_literal(entered)} end"
