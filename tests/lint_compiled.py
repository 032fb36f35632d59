"""Compiles the sample project without a warehouse and checks the SQL that would run with sqlfluff.

python tests/lint_compiled.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from dbt_audiences.run.dbt import in_memory
from dbt_audiences.run.evaluating import STATEMENTS

ROOT = Path(__file__).parents[1]


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="audiences_") as folder:
        dbt = in_memory(ROOT, Path(folder))
        dbt.parse()
        dbt.compile({"as_of": "2026-03-10T12:00:00", "run_id": "lint"})
        compiled = Path(folder) / "target" / "compiled"
        models = (path for path in sorted(compiled.rglob("models/**/*.sql")) if path.parent.suffix != ".yml")
        files = [str(path) for path in models if path.stem != STATEMENTS]  # a run's statements, and no query
        assert len(files) > 40, "nothing was compiled"
        sqlfluff = [
            str(Path(sys.executable).with_name("sqlfluff")),
            "lint",
            "--config",
            str(ROOT / ".sqlfluff"),
            "--processes",
            "2",
        ]
        return subprocess.run([*sqlfluff, "--disable-progress-bar", *files], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
