"""Advertising: hashed members of lists."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from tests.contracts.base import BAD, Contract, Person, answer, need, sha256
from tests.integration.receiver import Answer, Received

HEX = re.compile(r"[0-9a-f]{64}")


def need_hashes(values: list[Any]) -> None:
    need(values and all(isinstance(one, str) and HEX.fullmatch(one) for one in values), f"not SHA-256: {values}")


class Hashed(Contract):
    secrets = {"access_token": "right"}

    def who(self, person: Person) -> str:
        return sha256(person.normal)


class Facebook(Hashed):
    key = "facebook_custom_audiences"
    settings = {"ad_account_id": "77"}
    routes = {
        "GET /act_77/customaudiences": "audiences",
        "POST /act_77/customaudiences": "make",
        r"POST /(\d+)/users": "add",
        r"DELETE /(\d+)/users": "remove",
        "GET /act_77": "account",
    }

    def is_change(self, got: Received) -> bool:
        return got.path.endswith("/users")

    def unauthorized(self, got: Received) -> Answer:
        return answer(400, {"error": {"message": "Invalid OAuth access token.", "code": 190}})

    def wrong(self, said: str) -> Answer:
        return answer(400, {"error": {"message": said, "code": 100}})

    def account(self, got: Received) -> Answer:
        return answer(200, {"name": "x", "id": "act_77"})

    def audiences(self, got: Received) -> Answer:
        need(got.query.get("fields") == "name", "fields")
        # Two pages, the first without any of ours.
        if "after" not in got.query:
            paging = {"cursors": {"after": "MQ=="}, "next": "https://graph.facebook.com/..."}
            return answer(200, {"data": [{"id": "1", "name": "other"}], "paging": paging})
        need(got.query["after"] == "MQ==", "cursor")
        return answer(200, {"data": [{"id": id_, "name": name} for name, id_ in self.lists.items()], "paging": {"cursors": {}}})

    def make(self, got: Received) -> Answer:
        need(got.json["subtype"] == "CUSTOM" and got.json["customer_file_source"], "subtype")
        return answer(200, {"id": self.list_made(got.json["name"])})

    def add(self, got: Received, list_id: str) -> Answer:
        return self.users(got, list_id, adds=True)

    def remove(self, got: Received, list_id: str) -> Answer:
        return self.users(got, list_id, adds=False)

    def users(self, got: Received, list_id: str, *, adds: bool) -> Answer:
        self.need_list(list_id)
        need(len(got.body) <= 60_000, "too large")
        payload = got.json["payload"]
        need(payload["schema"] == ["EMAIL", "PHONE", "EXTERN_ID", "MADID"], "schema")
        need(all(len(row) == 4 for row in payload["data"]), "columns")
        emails = [row[0] for row in payload["data"] if row[0]]
        need_hashes(emails)
        bad = [email for email in emails if self.is_bad(email)]
        self.change(adds, [email for email in emails if not self.is_bad(email)])
        return answer(200, {"audience_id": list_id, "num_received": len(payload["data"]), "num_invalid_entries": len(bad)})


class TikTok(Hashed):
    key = "tiktok_audiences"
    settings = {"advertiser_id": "42"}
    routes = {
        "GET /dmp/custom_audience/list/": "audiences",
        "POST /segment/audience/": "make",
        "POST /segment/mapping/": "mapping",
    }

    def is_change(self, got: Received) -> bool:
        return got.path == "/segment/mapping/"

    def authorized(self, got: Received) -> bool:
        return got.headers.get("access-token") == "right"

    def unauthorized(self, got: Received) -> Answer:
        return answer(200, {"code": 40105, "message": "Access token is incorrect or has been revoked."})

    def wrong(self, said: str) -> Answer:
        return answer(200, {"code": 40002, "message": said})

    def audiences(self, got: Received) -> Answer:
        need(got.query["advertiser_id"] == "42", "advertiser")
        page = int(got.query.get("page", 1))
        found = [{"audience_id": id_, "name": name} for name, id_ in self.lists.items()] if page == 2 else []
        return answer(200, {"code": 0, "data": {"list": found, "page_info": {"page": page, "total_page": 2}}})

    def make(self, got: Received) -> Answer:
        need(got.json["action"] == "create" and got.json["advertiser_id"] == "42", "action")
        return answer(200, {"code": 0, "data": {"audience_id": self.list_made(got.json["custom_audience_name"])}})

    def mapping(self, got: Received) -> Answer:
        need(got.json["advertiser_ids"] == ["42"] and got.json["action"] in ("add", "delete"), "action")
        emails = []
        for row in got.json["batch_data"]:
            need(len(row) == len(got.json["id_schema"]), "one entry for each of the schema")
            for kind, entry in zip(got.json["id_schema"], row, strict=True):
                if entry:
                    need_hashes([entry["id"]])
                    self.need_list(entry["audience_ids"][0])
                    emails += [entry["id"]] if kind == "EMAIL_SHA256" else []
        if any(self.is_bad(email) for email in emails):
            return answer(200, {"code": 40002, "message": "Invalid user in batch_data"})
        self.change(got.json["action"] == "add", emails)
        return answer(200, {"code": 0, "message": "OK", "data": {}})


class LinkedIn(Hashed):
    key = "linkedin_audiences"
    settings = {"ad_account_id": "5", "source_platform": "SHOP"}
    routes = {
        "GET /dmpSegments": "segments",
        "POST /dmpSegments": "make",
        r"POST /dmpSegments/(\d+)/users": "users",
    }

    def is_change(self, got: Received) -> bool:
        return got.path.endswith("/users")

    def __call__(self, got: Received) -> Answer:
        need(got.headers.get("linkedin-version") == "202604", "version")
        need(got.headers.get("x-restli-protocol-version") == "2.0.0", "protocol")
        return super().__call__(got)

    def segments(self, got: Received) -> Answer:
        need(got.query["q"] == "account" and got.query["account"] == "urn:li:sponsoredAccount:5", "finder")
        found = self.lists.get(got.query.get("sourceSegmentId", ""))
        return answer(200, {"elements": [] if found is None else [{"id": int(found)}]})

    def make(self, got: Received) -> Answer:
        need(got.json["accessPolicy"] == "PRIVATE" and got.json["type"] == "USER", "policy")
        need(got.json["destinations"] == [{"destination": "LINKEDIN"}], "destinations")
        return answer(201, None, **{"x-linkedin-id": self.list_made(got.json["sourceSegmentId"])})

    def users(self, got: Received, list_id: str) -> Answer:
        self.need_list(list_id)
        need(got.headers.get("x-restli-method") == "BATCH_CREATE", "method")
        said = []
        for element in got.json["elements"]:
            need(element["action"] in ("ADD", "REMOVE"), "action")
            (id_,) = element["userIds"]
            need(id_["idType"] == "SHA256_EMAIL", "type")
            need_hashes([id_["idValue"]])
            if self.is_bad(id_["idValue"]):
                said.append({"status": 400, "error": {"message": "invalid user"}})
            else:
                self.change(element["action"] == "ADD", [id_["idValue"]])
                said.append({"status": 201})
        return answer(200, {"elements": said})


class Snapchat(Hashed):
    key = "snapchat_audiences"
    settings = {"ad_account_id": "a-1"}
    secrets = {"client_id": "c", "client_secret": "s", "refresh_token": "right"}
    routes = {
        "GET /adaccounts/a-1": "account",
        "GET /adaccounts/a-1/segments": "segments",
        "POST /adaccounts/a-1/segments": "make",
        r"POST /segments/(\d+)/users": "add",
        r"DELETE /segments/(\d+)/users": "remove",
    }

    def is_change(self, got: Received) -> bool:
        return got.path.endswith("/users")

    def authorized(self, got: Received) -> bool:
        return got.headers.get("authorization") == "Bearer fresh"

    def __call__(self, got: Received) -> Answer:
        if got.path == "/token":
            form = dict(parse_qsl(got.body.decode()))
            if form != {"grant_type": "refresh_token", "client_id": "c", "client_secret": "s", "refresh_token": "right"}:
                return answer(400, {"error": "invalid_grant"})
            return answer(200, {"access_token": "fresh", "expires_in": 1800})
        return super().__call__(got)

    def wrong(self, said: str) -> Answer:
        return answer(400, {"request_status": "ERROR", "debug_message": said})

    def account(self, got: Received) -> Answer:
        return answer(200, {"request_status": "SUCCESS"})

    def segments(self, got: Received) -> Answer:
        found = [{"sub_request_status": "SUCCESS", "segment": {"id": id_, "name": name}} for name, id_ in self.lists.items()]
        return answer(200, {"request_status": "SUCCESS", "segments": found})

    def make(self, got: Received) -> Answer:
        (segment,) = got.json["segments"]
        need(segment["source_type"] == "FIRST_PARTY" and segment["ad_account_id"] == "a-1", "segment")
        need(segment["retention_in_days"] == 9999, "retention")
        id_ = self.list_made(segment["name"])
        return answer(200, {"request_status": "success", "segments": [{"segment": {"id": id_, "name": segment["name"]}}]})

    def add(self, got: Received, list_id: str) -> Answer:
        return self.users(got, list_id, adds=True)

    def remove(self, got: Received, list_id: str) -> Answer:
        return self.users(got, list_id, adds=False)

    def users(self, got: Received, list_id: str, *, adds: bool) -> Answer:
        self.need_list(list_id)
        (users,) = got.json["users"]
        need(users["schema"] == ["EMAIL_SHA256"], "one kind")
        emails = [row[0] for row in users["data"]]
        need_hashes(emails)
        need(len(set(emails)) == len(emails), "twice")
        if any(self.is_bad(email) for email in emails):
            return answer(400, {"request_status": "ERROR", "debug_message": "invalid", "error_code": "E1001"})
        self.change(adds, emails)
        return answer(200, {"request_status": "SUCCESS", "users": [{"user": {"number_uploaded_users": len(emails)}}]})


class Pinterest(Hashed):
    key = "pinterest_audiences"
    settings = {"ad_account_id": "549"}
    routes = {
        "GET /ad_accounts/549": "account",
        "GET /ad_accounts/549/customer_lists": "lists_of",
        "POST /ad_accounts/549/customer_lists": "make",
        r"PATCH /ad_accounts/549/customer_lists/(\d+)": "update",
    }

    def is_change(self, got: Received) -> bool:
        return got.method == "PATCH"

    def account(self, got: Received) -> Answer:
        return answer(200, {"id": "549"})

    def lists_of(self, got: Received) -> Answer:
        if "bookmark" not in got.query:
            return answer(200, {"items": [{"id": "1", "name": "other"}], "bookmark": "b1"})
        return answer(200, {"items": [{"id": id_, "name": name} for name, id_ in self.lists.items()], "bookmark": None})

    def make(self, got: Received) -> Answer:
        need(got.json["list_type"] == "EMAIL", "type")
        need_hashes(got.json["records"].split(","))
        return answer(201, {"id": self.list_made(got.json["name"])})

    def update(self, got: Received, list_id: str) -> Answer:
        self.need_list(list_id)
        need(got.json["operation_type"] in ("ADD", "REMOVE"), "operation")
        emails = got.json["records"].split(",")
        need_hashes(emails)
        if sha256(BAD.normal) in emails:
            return answer(400, {"code": 1, "message": "invalid records"})
        self.change(got.json["operation_type"] == "ADD", emails)
        return answer(200, {"id": list_id})


ADS = (Facebook, TikTok, LinkedIn, Snapchat, Pinterest)
