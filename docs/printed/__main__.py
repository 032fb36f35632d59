"""`python -m docs.printed [--check]`"""

from __future__ import annotations

import sys

import click
from docs.printed import FOLDER, pages


def main(*, check: bool) -> int:
    """Write the pages that differ; with `check` only name them, and return 1."""
    FOLDER.mkdir(exist_ok=True)
    stale = 0
    for name, text in pages().items():
        path = FOLDER / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        click.echo(f"{'stale' if check else 'written'}  docs/reference/{name}")
        if not check:
            path.write_text(text, encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
