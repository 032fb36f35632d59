"""Identifier pairs into profiles on DuckDB: `python benchmarks/identity.py [PAIRS...]`, without arguments 1 and 10 million.

Calls name a user and one of two or three devices; one of two hundred devices is another user's too: the limits take them apart.
Each line gives the model `profile_identifiers` alone: all its statements and its reading of `stg_calls`, not how that table
is made. From nothing, after 10,000 more pairs, and when nothing is new, each as seconds passed and seconds of CPU; then the
peak memory of the process. DuckDB may use two threads and 4 GB. On 28 November 2026, DuckDB 2.0.0, two quiet cores:

     pairs    from nothing     10,000 more     nothing new     peak    profiles
 1,000,000    4.94 /  5.53    1.33 /  1.39    0.06 /  0.06   0.6 GB     402,000
10,000,000   34.35 / 58.97    2.94 /  4.91    0.08 /  0.08   2.8 GB   4,002,000

The same machine was half as fast again an hour before. Side by side there, ten million took 60 s of CPU while identifiers were
compressed as they were written, and 41 since they are not; then they take 2.3 times the room. Of 10,000 more, most goes into
looking for them among the identifiers that are there (by value, then by profile) and among old calls.
"""

from __future__ import annotations

import contextlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import yaml

from dbt_audiences.flow.workspace import Workspace
from dbt_audiences.run.direct.building import build, host_of

MORE = 10_000
_CALLS = """
    insert into audiences_build.stg_calls (
        message_id, type, occurred_at, received_at, user_id, anonymous_id, identifier_type, identifier_value, source, loaded_at
    )
    select
        'm' || n, 'identify', timestamp '2026-01-01' + to_seconds(n // 10), timestamp '2026-01-01', 'user ' || (n * 2 // 5),
        'device ' || case when n % 200 = 0 then n + 3 else n end, 'user_id', 'user ' || (n * 2 // 5), 'site',
        timestamp '{loaded_at}'
    from range({first}, {last}) as calls (n)
"""


def main(sizes: list[int]) -> None:
    """Prints a line for each size, each measured in a process of its own."""
    print("     pairs    from nothing     10,000 more     nothing new     peak    profiles", flush=True)
    for pairs in sizes:
        subprocess.run([sys.executable, __file__, "--one", str(pairs)], check=True)


def measure(pairs: int) -> None:
    """One size."""
    from dbt_audiences.cli.main import group
    from dbt_audiences.flow.init import init

    with tempfile.TemporaryDirectory(prefix="audiences_") as place:
        root = Path(place) / "shop"
        init(root, now=datetime.now(UTC))
        profiles = yaml.safe_load((root / "profiles.yml").read_text())
        profiles["shop"]["outputs"]["dev"] |= {"threads": 2, "settings": {"memory_limit": "4GB"}}
        (root / "profiles.yml").write_text(json.dumps(profiles))
        group.main(["run", "--no-sync", "--json", "--project-dir", str(root)], standalone_mode=False)
        with duckdb.connect(str(root / "warehouse.duckdb")) as connection:
            connection.execute("delete from audiences_build.stg_calls")
            connection.execute("delete from audiences.profile_identifiers")
            connection.execute(_CALLS.format(first=0, last=pairs, loaded_at="2026-01-01"))
            # As staging leaves it: calls are added to what was staged, and none of these is another one now.
            connection.execute("delete from audiences_build.calls_staged")
            connection.execute("insert into audiences_build.calls_staged (build, loaded_at) values ('benchmark', '2026-01-01')")
        first = seconds(root, 1, full_refresh=True)
        with duckdb.connect(str(root / "warehouse.duckdb")) as connection:
            connection.execute(_CALLS.format(first=pairs - MORE // 2, last=pairs + MORE // 2, loaded_at="2026-01-02"))
        more, nothing = seconds(root, 2), seconds(root, 3)
        with duckdb.connect(str(root / "warehouse.duckdb")) as connection:
            ((count,),) = connection.execute("select count(distinct profile_id) from audiences.profile_identifiers").fetchall()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024
    took = "".join(f"{passed:>8.2f} / {cpu:>5.2f}" for passed, cpu in (first, more, nothing))
    print(f"{pairs:>10,}{took}  {peak:>4.1f} GB  {count:>10,}", flush=True)


def seconds(root: Path, day: int, *, full_refresh: bool = False) -> tuple[float, float]:
    """Of the one model in one run: passed, and of CPU in all threads of the process."""
    workspace = Workspace(root)
    workspace.dbt.parse()
    with contextlib.chdir(root), workspace.warehouse() as warehouse:
        variables = {"as_of": f"2026-02-{day:02}T00:00:00", "run_id": "benchmark"}
        host = host_of(workspace.dbt, warehouse, variables, full_refresh=full_refresh)
        assert host is not None
        passed, cpu = time.perf_counter(), time.process_time()
        (built,) = build(host, workspace.dbt, warehouse, ["profile_identifiers"])
        assert built.status == "success"
        return time.perf_counter() - passed, time.process_time() - cpu


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        measure(int(sys.argv[2]))
    else:
        main([int(argument) for argument in sys.argv[1:]] or [1_000_000, 10_000_000])
