"""Prints the JSON Schemas into a folder: `python -m dbt_audiences.spec docs/schemas`."""

from __future__ import annotations

import sys
from pathlib import Path

from dbt_audiences.spec.schema import print_schemas

if __name__ == "__main__":
    print_schemas(Path(sys.argv[1]))
