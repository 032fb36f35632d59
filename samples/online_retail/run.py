"""The whole way on real data: convert, load, compute, push to a folder and to a local receiver, and say what came of it.

    python samples/online_retail/run.py

Every command is printed as it is run, and can be typed again by hand.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
AS_OF = (Path(__file__).parent / "as_of").read_text().strip()
RECEIVED = ROOT / "build" / "received.jsonl"


def shown(*words: str, environment: dict[str, str]) -> None:
    """Print a command, run it, and stop where it fails."""
    print(f"\n$ {' '.join(words)}", flush=True)
    program = Path(sys.executable).with_name(words[0])
    done = subprocess.run([str(program), *words[1:]], cwd=ROOT, env=environment, check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)


def received() -> str:
    """What the receiver has got so far, in one line."""
    lines = [json.loads(line) for line in RECEIVED.read_text().splitlines()] if RECEIVED.exists() else []
    people = sum(len(line["body"].get("batch") or line["body"].get("members") or ()) for line in lines)
    signed = sum(line["signed"] for line in lines)
    return f"the receiver has got {len(lines)} requests with {people:,} people in all; {signed} were rightly signed"


def main() -> None:
    convert = [sys.executable, "samples/online_retail/convert.py", "build/online_retail"]
    subprocess.run(convert, cwd=ROOT, check=True, stderr=subprocess.DEVNULL)
    receiver = subprocess.Popen(
        [sys.executable, "samples/receiver.py", str(RECEIVED), "--port", "0"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert receiver.stdin is not None and receiver.stdout is not None
    try:
        port = receiver.stdout.readline().strip()
        environment = {**os.environ, "AUDIENCES_SAMPLE_WEBHOOK_URL": f"http://127.0.0.1:{port}/audiences"}
        shown("audiences", "load", "build/online_retail/calls.parquet", "--source", "shop", environment=environment)
        shown("audiences", "run", "--as-of", AS_OF, environment=environment)
    finally:
        receiver.stdin.close()
        receiver.wait()
    print(f"\n{received()}; the files are in build/crm_files")


if __name__ == "__main__":
    main()
