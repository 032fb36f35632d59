"""Advertising whose requests are signed: X, by OAuth 1.0a as another library computes it."""

from __future__ import annotations

from urllib.parse import unquote, urlencode

from oauthlib.oauth1.rfc5849 import signature
from oauthlib.oauth1.rfc5849.utils import parse_authorization_header
from tests.contracts.ads import Hashed, need_hashes
from tests.contracts.base import answer, need
from tests.integration.receiver import Answer, Received


class X(Hashed):
    key = "x_audiences"
    settings = {"account_id": "18ce54d4x5t"}
    secrets = {"consumer_key": "ck", "consumer_secret": "cs& +", "access_token": "at", "access_token_secret": "right"}
    routes = {
        "GET /accounts/18ce54d4x5t": "account",
        "GET /accounts/18ce54d4x5t/custom_audiences": "audiences",
        "POST /accounts/18ce54d4x5t/custom_audiences": "make",
        r"POST /accounts/18ce54d4x5t/custom_audiences/(\w+)/users": "users",
    }

    def __init__(self) -> None:
        super().__init__()
        self.nonces: set[str] = set()

    def is_change(self, got: Received) -> bool:
        return got.path.endswith("/users")

    def authorized(self, got: Received) -> bool:
        said = dict(parse_authorization_header(got.headers["authorization"]))
        need(said["oauth_consumer_key"] == "ck" and said["oauth_token"] == "at", "keys")
        need(said["oauth_nonce"] not in self.nonces, "a nonce that came before")
        self.nonces.add(said["oauth_nonce"])
        query = f"?{urlencode(got.query)}" if got.query else ""
        found = signature.collect_parameters(uri_query=query[1:], headers={"Authorization": got.headers["authorization"]})
        base = signature.signature_base_string(
            got.method,
            signature.base_string_uri(f"http://{got.headers['host']}{got.path}"),
            signature.normalize_parameters(found),
        )
        mine = signature.sign_hmac_sha1_with_client(base, _Client())
        return mine == unquote(said["oauth_signature"])

    def unauthorized(self, got: Received) -> Answer:
        return answer(
            401, {"errors": [{"code": "UNAUTHORIZED_ACCESS", "message": "This request is not properly authenticated"}]}
        )

    def wrong(self, said: str) -> Answer:
        return answer(400, {"errors": [{"code": "INVALID_PARAMETER", "message": said}]})

    def account(self, got: Received) -> Answer:
        return answer(200, {"data": {"id": "18ce54d4x5t"}})

    def audiences(self, got: Received) -> Answer:
        if "cursor" not in got.query:
            return answer(200, {"data": [{"id": "other", "name": "other"}], "next_cursor": "c-1"})
        need(got.query["cursor"] == "c-1", "cursor")
        return answer(200, {"data": [{"id": id_, "name": name} for name, id_ in self.lists.items()], "next_cursor": None})

    def make(self, got: Received) -> Answer:
        return answer(200, {"data": {"id": self.list_made(got.query["name"])}})

    def users(self, got: Received, list_id: str) -> Answer:
        self.need_list(list_id)
        need(len(got.json) <= 2500 and len(got.body) <= 5_000_000, "too large")
        changes = []
        for operation in got.json:
            need(operation["operation_type"] in ("Update", "Delete"), "operation")
            (user,) = operation["params"]["users"]
            need(set(user) <= {"email", "phone_number"}, "identifiers")
            need_hashes(user["email"])
            changes.append((operation["operation_type"] == "Update", user["email"]))
        if any(self.is_bad(email) for _, emails in changes for email in emails):
            return answer(400, {"errors": [{"code": "INVALID_PARAMETER", "message": "invalid user"}]})
        for adds, emails in changes:
            self.change(adds, emails)
        return answer(200, {"data": {"success_count": len(changes), "total_count": len(changes)}})


class _Client:
    """What the library signs with."""

    client_secret = "cs& +"
    resource_owner_secret = "right"


ADS_SIGNED = (X,)
