"""Azure Blob Storage, as its REST reference describes it: blobs put whole or in blocks, signed by the account's key."""

from __future__ import annotations

import base64
import hashlib
import hmac
from xml.sax.saxutils import escape

from tests.integration.receiver import Answer, Received

KEY = base64.b64encode(b"a key of sixty-four bytes, as accounts have them".ljust(64, b"!")).decode()
ACCOUNT = "shop"
_DATED = {"last-modified": "Sun, 01 Feb 2026 12:00:00 GMT", "etag": '"0x8D"', "x-ms-version": "2026-02-06"}
_SIGNED = (
    "content-encoding", "content-language", "content-length", "content-md5", "content-type", "date", "if-modified-since",
    "if-match", "if-none-match", "if-unmodified-since", "range",
)  # fmt: skip


class AzureBlob:
    """Containers of one account below `/shop/`; what no page describes is kept under `surprises`."""

    def __init__(self, *containers: str) -> None:
        self.containers: dict[str, dict[str, bytes]] = {name: {} for name in containers}
        self.blocks: dict[tuple[str, str], dict[str, bytes]] = {}
        self.puts: list[str] = []
        self.surprises: list[str] = []

    def __call__(self, got: Received) -> Answer:
        if got.headers.get("authorization") != f"SharedKey {ACCOUNT}:{signature_of(got)}":
            return refused(403, "AuthenticationFailed")
        container, _, blob = got.path.removeprefix(f"/{ACCOUNT}/").partition("/")
        if container not in self.containers:
            return refused(404, "ContainerNotFound")
        if not blob:
            return self.listed(got, container)
        if got.method == "PUT":
            return self.put(got, container, blob)
        if got.method == "HEAD":
            is_there = blob in self.containers[container]
            return Answer(200, headers={**_DATED, "x-ms-blob-type": "BlockBlob"}) if is_there else Answer(404)
        self.surprises.append(f"{got.method} {got.path} {got.query}")
        return refused(400, "UnsupportedHttpVerb")

    def put(self, got: Received, container: str, blob: str) -> Answer:
        kind = got.query.get("comp")
        staged = self.blocks.setdefault((container, blob), {})
        if kind == "block":
            staged[got.query["blockid"]] = got.body
        elif kind == "blocklist":
            names = [part.partition("<")[0] for part in got.body.decode().split("<Latest>")[1:]]
            self.containers[container][blob] = b"".join(staged[name] for name in names)
            self.puts.append(blob)
        elif kind is None and got.headers.get("x-ms-blob-type") == "BlockBlob":
            self.containers[container][blob] = got.body
            self.puts.append(blob)
        else:
            self.surprises.append(f"{got.method} {got.path} {got.query}")
        return Answer(201, headers={**_DATED, "x-ms-request-server-encrypted": "true"})

    def listed(self, got: Received, container: str) -> Answer:
        if got.method != "GET" or got.query.get("restype") != "container":
            self.surprises.append(f"{got.method} {got.path} {got.query}")
        if got.query.get("comp") != "list":
            return Answer(200, headers=_DATED)
        prefix = got.query.get("prefix", "")
        found = [
            f"<Blob><Name>{escape(name)}</Name><Properties><Content-Length>{len(content)}</Content-Length>"
            "<BlobType>BlockBlob</BlobType></Properties></Blob>"
            for name, content in sorted(self.containers[container].items())
            if name.startswith(prefix)
        ]
        blobs = "".join(found)
        text = f"<EnumerationResults><Blobs>{blobs}</Blobs><NextMarker/></EnumerationResults>"
        return Answer(200, text, headers={**_DATED, "content-type": "application/xml"})


def signature_of(got: Received) -> str:
    """What the key makes of a request."""
    headers = {
        **got.headers,
        "content-length": "" if got.headers.get("content-length") in (None, "0") else got.headers["content-length"],
    }
    own = sorted(name for name in headers if name.startswith("x-ms-"))
    text = "\n".join(
        [
            got.method,
            *("" if name == "date" and "x-ms-date" in headers else headers.get(name, "") for name in _SIGNED),
            *(f"{name}:{headers[name]}" for name in own),
            f"/{ACCOUNT}{got.path}" + "".join(f"\n{name.lower()}:{value}" for name, value in sorted(got.query.items())),
        ]
    )
    return base64.b64encode(hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()).decode()


def refused(status: int, code: str) -> Answer:
    text = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>"
    return Answer(status, text, headers={"x-ms-error-code": code, "content-type": "application/xml"})
