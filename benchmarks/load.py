"""How fast, and in how much memory, events come in from Parquet and JSON Lines: `python benchmarks/load.py [EVENTS...]`.

Each load runs in a process of its own, into a new DuckDB file. Without arguments 1 and 10 million events.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

_SOURCE = Path(__file__).resolve().parent.parent / "python"
_EVENTS = """
select
    cast(md5(cast(i as varchar) || 'a') as varchar) as "messageId",
    case when i % 5 = 0 then 'page' else 'track' end as type,
    strftime(timestamp '2025-01-01' + to_microseconds(i * 1234567), '%Y-%m-%dT%H:%M:%S.%gZ') as timestamp,
    'user-' || (i * 7919) % 200000 as "userId",
    'device-' || (i * 104729) % 300000 as "anonymousId",
    case when i % 5 <> 0 then ['Order Completed', 'Product Viewed', 'Product Added', 'Signed Up'][1 + i % 4] end as event,
    {{'revenue': (i % 50000) / 100.0, 'currency': 'EUR', 'coupon': 'It''s ' || i % 100 || '% off',
      'products': [{{'sku': 'A-' || i % 1000, 'quantity': 1 + i % 3}}]}} as properties,
    {{'ip': '10.0.' || i % 200 || '.' || i % 250, 'userAgent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0',
      'page': {{'url': 'https://example.com/products/' || i % 5000, 'title': 'A product'}}}} as context
from range({count}) as t(i)
"""


def make(folder: Path, count: int) -> dict[str, Path]:
    """The same events in both formats."""
    import duckdb

    found = {"parquet": folder / f"{count}.parquet", "jsonl": folder / f"{count}.jsonl"}
    connection = duckdb.connect()
    rows = _EVENTS.format(count=count)
    texts = f"select * replace (to_json(properties)::varchar as properties, to_json(context)::varchar as context) from ({rows})"
    connection.execute(f"copy ({texts}) to '{found['parquet']}' (format parquet)").fetchall()
    connection.execute(f"copy ({rows}) to '{found['jsonl']}' (format json)").fetchall()
    connection.close()
    return found


def load(file: str, database: str) -> None:
    """Load one file and print the events, the seconds, those of all processors together, and the peak of memory in bytes."""
    sys.path.insert(0, str(_SOURCE))
    from dbt_audiences.load.files import load_calls
    from dbt_audiences.run.warehouses.duckdb import connect

    begun = time.perf_counter()
    warehouse = connect({"path": database})
    at = datetime(2026, 2, 1)
    loaded = load_calls(warehouse, [file], source=None, max_rejected=0, loaded_at=at, progress=None)
    warehouse.close()
    seconds = time.perf_counter() - begun
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(loaded[0].accepted, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def main(counts: list[int]) -> None:
    """Print a line for each load, and how much the memory grew."""
    peaks: dict[str, list[float]] = {}
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            for format, file in make(Path(folder), count).items():
                command = [sys.executable, __file__, "--load", str(file), str(Path(folder) / f"{format}.duckdb")]
                output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                accepted, seconds, busy, peak = (float(value) for value in output.split())
                assert accepted == count
                peaks.setdefault(format, []).append(peak)
                print(
                    f"{count:>11,} events  {format:8}  {accepted / seconds:>9,.0f} events/s  {seconds:7.1f} s"
                    f"  {busy:7.1f} s of processors"
                    f"  {file.stat().st_size / accepted:4.0f} bytes each  peak {peak / 2**20:6,.0f} MiB",
                    flush=True,
                )
    for format, found in peaks.items():
        print(f"{format:8}  peak of memory {found[-1] / found[0]:.2f} times that of the smallest load")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--load"]:
        load(sys.argv[2], sys.argv[3])
    else:
        main([int(argument.replace("_", "")) for argument in sys.argv[1:]] or [1_000_000, 10_000_000])
