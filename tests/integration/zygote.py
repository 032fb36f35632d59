"""Starts `audiences` quickly and often: imports once, then forks a child of its own session for each line of JSON arguments.

For each line it prints the child's process id, and when the child is gone its exit code (negative: killed by that signal).
"""

from __future__ import annotations

import json
import os
import sys

import duckdb  # noqa: F401

import dbt_audiences.flow.run  # noqa: F401
from dbt_audiences.cli import main as cli


def main() -> None:
    for line in sys.stdin:
        arguments = json.loads(line)
        child = os.fork()
        if child == 0:
            os.setsid()
            silent = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silent, 1)
            sys.argv = ["audiences", *arguments]
            try:
                cli.main()
            except SystemExit as ended:
                os._exit(ended.code if isinstance(ended.code, int) else 1)
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
