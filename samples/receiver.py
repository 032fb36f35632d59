"""A receiver for the sample: takes POSTs, checks their signature, and counts what came.

    python samples/receiver.py LOG_FILE [--port 8787]

Each request becomes one line of LOG_FILE before it is answered. It ends with its input, so that it never outlives the
sample run.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO

SECRET = os.environ.get("AUDIENCES_SAMPLE_SIGNING_SECRET", "whsec_c2FtcGxlLXNlY3JldC1vZi10aGUtc2FtcGxlLXByb2plY3Q=")


def is_signed(headers: dict[str, str], body: bytes) -> bool:
    """Whether the request carries the Standard Webhooks signature of the shared secret."""
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signed = f"{headers.get('webhook-id')}.{headers.get('webhook-timestamp')}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return f"v1,{expected}" in headers.get("webhook-signature", "").split()


def handler(log: BinaryIO, lock: threading.Lock) -> type[BaseHTTPRequestHandler]:
    """A request handler that writes to `log`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            signed = is_signed(headers, body)
            with lock:
                entry = {"path": self.path, "webhook-id": headers.get("webhook-id"), "signed": signed, "body": json.loads(body)}
                log.write(json.dumps(entry).encode() + b"\n")
                log.flush()
            self.send_response(200 if signed else 401)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the log file has it all."""

    return Handler


def main() -> None:
    parser = argparse.ArgumentParser(description="Receive what the sample sends.")
    parser.add_argument("log_file", type=Path, metavar="LOG_FILE")
    parser.add_argument("--port", type=int, default=8787)
    arguments = parser.parse_args()
    arguments.log_file.parent.mkdir(parents=True, exist_ok=True)
    with arguments.log_file.open("ab") as log:
        server = ThreadingHTTPServer(("127.0.0.1", arguments.port), handler(log, threading.Lock()))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
