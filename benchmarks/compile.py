"""How long `audiences compile` takes, from nothing and after one edit: `python benchmarks/compile.py [AUDIENCES...]`.

Each compile runs in a process of its own. Without arguments 100 and 1,000 audiences.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_EVENTS = ("Order Completed", "Product Viewed", "Product Added", "Signed Up", "Page Viewed")


def make(folder: Path, count: int) -> None:
    """A project of so many audiences of six conditions, one in ten of which refers to another one."""
    (folder / "audiences").mkdir(parents=True)
    shutil.copy(_ROOT / "dbt_project.yml", folder)
    (folder / "dbt_project.yml").write_text("name: many\nversion: 1.0.0\nprofile: many\n")
    (folder / "destinations").mkdir()
    (folder / "destinations/crm.yml").write_text("destination: crm\ntype: folder\nsettings: {path: out, format: csv}\n")
    for number in range(count):
        (folder / f"audiences/audience_{number}.yml").write_text(definition(number))


def definition(number: int, days: int = 30) -> str:
    """The text of one audience."""
    event, other = _EVENTS[number % 5], _EVENTS[(number + 1) % 5]
    refers = f"    - not_in_audience: audience_{number - 1}\n" if number % 10 == 9 else ""
    return (
        f"audience: audience_{number}\nname: Audience {number}\ndescription: The audience with the number {number}.\n"
        "owner: lifecycle@example.com\nfolder: lifecycle\ntags: [lifecycle]\n\n"
        f"who:\n  all:\n    - performed: {event}\n      at_least: {1 + number % 4}\n      within: {days} days\n      where:\n"
        f"        - {{property: revenue, gte: {number}}}\n        - {{property: currency, one_of: [EUR, USD]}}\n"
        f"    - any:\n        - {{trait: plan, equals: plan_{number % 7}}}\n"
        "        - {trait: country, one_of: [DE, FR, UK]}\n"
        f"    - not_performed: {other}\n      within: 7 days\n{refers}\nsend_to:\n  - destination: crm\n"
    )


def compiled(folder: Path) -> float:
    """Seconds of one compile in a new process."""
    begun = time.perf_counter()
    program = [sys.executable, "-c", "from dbt_audiences.cli.main import main; main()", "compile", "--project-dir", str(folder)]
    subprocess.run(program, check=True, stdout=subprocess.DEVNULL, cwd=folder)
    return time.perf_counter() - begun


def main(counts: list[int]) -> None:
    """Prints a line for each size."""
    print("audiences  from nothing  nothing changed  one changed   (seconds)")
    for count in counts:
        with tempfile.TemporaryDirectory(prefix="audiences_") as place:
            folder = Path(place) / "project"
            make(folder, count)
            first, again = compiled(folder), compiled(folder)
            (folder / "audiences/audience_7.yml").write_text(definition(7, days=31))
            print(f"{count:>9,}  {first:>12.2f}  {again:>15.2f}  {compiled(folder):>11.2f}")


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [100, 1_000])
