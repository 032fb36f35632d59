"""Requests signed as OAuth 1.0a asks for (RFC 5849), with HMAC-SHA1: for APIs that take no bearer of a token."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import parse_qsl, quote, urlsplit


def authorization(
    method: str, url: str, *, consumer_key: str, consumer_secret: str, token: str, token_secret: str, nonce: str, epoch: int
) -> str:
    """The `Authorization` header of a request without a form as its body.

    url    encoded, with its query
    nonce  a text that never came before; `epoch` in seconds
    """
    own = {
        "oauth_consumer_key": consumer_key,
        "oauth_nonce": nonce,
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(epoch),
        "oauth_token": token,
        "oauth_version": "1.0",
    }
    parts = urlsplit(url)
    pairs = [*own.items(), *parse_qsl(parts.query, keep_blank_values=True)]
    listed = "&".join(f"{name}={value}" for name, value in sorted((_encoded(name), _encoded(value)) for name, value in pairs))
    place = f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path or '/'}"
    base = "&".join(_encoded(part) for part in (method.upper(), place, listed))
    key = f"{_encoded(consumer_secret)}&{_encoded(token_secret)}"
    signature = base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()).decode()
    said = ", ".join(f'{_encoded(name)}="{_encoded(value)}"' for name, value in {**own, "oauth_signature": signature}.items())
    return f"OAuth {said}"


def _encoded(text: str) -> str:
    return quote(text, safe="-._~")
