"""The pages below `docs/reference/`, printed from the code: `python -m docs.printed` writes them, `--check` only compares.

A test holds the pages to it. A word of the language without its line of meaning stops the printing, and so does a line
without its word.
"""

from __future__ import annotations

from docs.printed.catalogue import catalogue_page
from docs.printed.commands import commands_page, exit_codes_page
from docs.printed.destinations import destination_types_page
from docs.printed.language import conditions_page, operators_page
from docs.printed.markdown import ROOT
from docs.printed.shown import language_page
from docs.printed.tables import tables_page

FOLDER = ROOT / "docs" / "reference"
_NOTE = "<!-- Printed by `python -m docs.printed`. Edit the code, or what prints it, and print again. -->\n\n"


def pages() -> dict[str, str]:
    """File name -> text, for every reference page."""
    made = {
        "commands.md": commands_page(),
        "conditions.md": conditions_page(),
        "operators.md": operators_page(),
        "language.md": language_page(),
        "tables.md": tables_page(),
        "destination-types.md": destination_types_page(),
        "destination-catalogue.md": catalogue_page(),
        "exit-codes.md": exit_codes_page(),
    }
    return {name: _NOTE + text.strip() + "\n" for name, text in made.items()}
