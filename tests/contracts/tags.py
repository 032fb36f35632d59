"""Marketing tools with tags, and with lists of leads: Mailchimp, ActiveCampaign, Intercom, Marketo."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from tests.contracts.base import Contract, Person, answer, basic, need
from tests.integration.receiver import Answer, Received


class Mailchimp(Contract):
    key = "mailchimp"
    settings = {"server": "us6", "audience_id": "aud1"}
    routes = {
        "GET /lists/aud1": "audience",
        "GET /lists/aud1/tag-search": "tags",
        "POST /lists/aud1/segments": "make",
        "POST /lists/aud1": "members",
        r"POST /lists/aud1/segments/(\d+)": "segment",
    }

    def __init__(self) -> None:
        super().__init__()
        self.statuses = {"bob@example.com": "unsubscribed"}

    def is_change(self, got: Received) -> bool:
        return re.fullmatch(r"/lists/aud1/segments/\d+", got.path) is not None

    def authorized(self, got: Received) -> bool:
        return got.headers.get("authorization") == basic("any", "right")

    def audience(self, got: Received) -> Answer:
        return answer(200, {"id": "aud1"})

    def tags(self, got: Received) -> Answer:
        found = [
            {"id": int(id_), "name": name} for name, id_ in self.lists.items() if got.query["name"].lower() in name.lower()
        ]
        return answer(200, {"tags": found, "total_items": len(found)})

    def make(self, got: Received) -> Answer:
        need(got.json["static_segment"] == [], "static_segment")
        return answer(200, {"id": int(self.list_made(got.json["name"]))})

    def members(self, got: Received) -> Answer:
        need(got.json["update_existing"] is False and len(got.json["members"]) <= 500, "members")
        errors = []
        for one in got.json["members"]:
            email = one["email_address"]
            if self.is_bad(email):
                errors.append({"email_address": email, "error": "looks fake", "error_code": "ERROR_GENERIC"})
            elif email in self.statuses:
                errors.append({"email_address": email, "error": "is there", "error_code": "ERROR_CONTACT_EXISTS"})
            else:
                self.statuses[email] = one["status"]
        return answer(200, {"errors": errors, "error_count": len(errors)})

    def segment(self, got: Received, list_id: str) -> Answer:
        self.need_list(list_id)
        need(self.statuses["bob@example.com"] == "unsubscribed", "who left stays away")
        self.change(True, got.json.get("members_to_add", []))
        self.change(False, got.json.get("members_to_remove", []))
        return answer(200, {"errors": [], "error_count": 0})


class ActiveCampaign(Contract):
    key = "activecampaign"
    settings = {"api_url": "https://shop.api-us1.com"}
    routes = {
        "GET /api/3/tags": "tags",
        "POST /api/3/tags": "make",
        "POST /api/3/contact/sync": "sync",
        "GET /api/3/contacts": "contacts",
        "POST /api/3/contactTags": "tag",
        r"GET /api/3/contacts/(.+)/contactTags": "tags_of",
        r"DELETE /api/3/contactTags/(.+)": "untag",
    }

    def is_change(self, got: Received) -> bool:
        return got.path == "/api/3/contactTags" or got.method == "DELETE"

    def authorized(self, got: Received) -> bool:
        return got.headers.get("api-token") == "right"

    def unauthorized(self, got: Received) -> Answer:
        return answer(403, {"message": "You are not authorized"})

    def tags(self, got: Received) -> Answer:
        return answer(200, {"tags": [{"id": id_, "tag": name} for name, id_ in self.lists.items()]})

    def make(self, got: Received) -> Answer:
        need(got.json["tag"]["tagType"] == "contact", "kind")
        return answer(201, {"tag": {"id": self.list_made(got.json["tag"]["tag"])}})

    def sync(self, got: Received) -> Answer:
        email = got.json["contact"]["email"]
        if self.is_bad(email):
            return answer(422, {"errors": [{"title": "Contact Email Address is not valid.", "code": "email_invalid"}]})
        return answer(201, {"contact": {"id": f"c-{email}", "email": email}})

    def contacts(self, got: Received) -> Answer:
        email = got.query["email"]
        return answer(200, {"contacts": [{"id": f"c-{email}"}] if email in self.held else []})

    def tag(self, got: Received) -> Answer:
        self.need_list(got.json["contactTag"]["tag"])
        self.change(True, [got.json["contactTag"]["contact"].removeprefix("c-")])
        return answer(201, {"contactTag": {"id": "1"}})

    def tags_of(self, got: Received, contact: str) -> Answer:
        (list_id,) = self.lists.values()
        return answer(200, {"contactTags": [{"id": "8", "tag": "0"}, {"id": f"t-{contact[2:]}", "tag": list_id}]})

    def untag(self, got: Received, id_: str) -> Answer:
        self.change(False, [id_.removeprefix("t-")])
        return answer(200, {})


class Intercom(Contract):
    key = "intercom"
    secrets = {"access_token": "right"}
    routes = {
        "GET /me": "me",
        "GET /tags": "tags",
        "POST /tags": "make",
        "POST /contacts/search": "search",
        "POST /contacts": "create",
        "POST /contacts/(.+)/tags": "tag",
        r"DELETE /contacts/(.+)/tags/(\d+)": "untag",
    }

    def __init__(self) -> None:
        super().__init__()
        self.contacts = {"00123"}

    def who(self, person: Person) -> str:
        return person.user_id

    def is_change(self, got: Received) -> bool:
        return re.fullmatch(r"/contacts/.+/tags(/\d+)?", got.path) is not None

    def me(self, got: Received) -> Answer:
        return answer(200, {"type": "admin"})

    def tags(self, got: Received) -> Answer:
        return answer(200, {"type": "list", "data": [{"id": id_, "name": name} for name, id_ in self.lists.items()]})

    def make(self, got: Received) -> Answer:
        return answer(200, {"id": self.list_made(got.json["name"])})

    def search(self, got: Received) -> Answer:
        query = got.json["query"]
        need(query["field"] == "external_id" and query["operator"] == "=" and isinstance(query["value"], str), "query")
        known = [{"id": f"c-{query['value']}"}] if query["value"] in self.contacts else []
        return answer(200, {"data": known, "total_count": len(known)})

    def create(self, got: Received) -> Answer:
        need(got.json["role"] == "user", "role")
        if self.is_bad(got.json["external_id"]):
            return answer(422, {"errors": [{"message": "invalid contact"}]})
        self.contacts.add(got.json["external_id"])
        return answer(200, {"id": f"c-{got.json['external_id']}"})

    def tag(self, got: Received, contact: str) -> Answer:
        self.need_list(got.json["id"])
        self.change(True, [contact.removeprefix("c-")])
        return answer(200, {"id": got.json["id"]})

    def untag(self, got: Received, contact: str, list_id: str) -> Answer:
        self.need_list(list_id)
        self.change(False, [contact.removeprefix("c-")])
        return answer(200, {"id": list_id})


class Marketo(Contract):
    key = "marketo"
    settings = {"endpoint": "https://123-ABC-456.mktorest.com", "folder_id": "12"}
    secrets = {"client_id": "c", "client_secret": "right"}
    routes = {
        "GET /rest/v1/lists.json": "lists_of",
        "POST /rest/asset/v1/staticLists.json": "make",
        "POST /rest/v1/leads.json": "upsert",
        "GET /rest/v1/leads.json": "leads_of",
        r"POST /rest/v1/lists/(\d+)/leads.json": "add",
        r"DELETE /rest/v1/lists/(\d+)/leads.json": "remove",
    }

    def __init__(self) -> None:
        super().__init__()
        self.leads: dict[str, int] = {}
        self.token = "first"

    def is_change(self, got: Received) -> bool:
        return re.fullmatch(r"/rest/v1/lists/\d+/leads.json", got.path) is not None

    def __call__(self, got: Received) -> Answer:
        if got.path == "/token":
            form = dict(parse_qsl(got.body.decode()))
            if form != {"grant_type": "client_credentials", "client_id": "c", "client_secret": "right"}:
                return answer(401, {"error": "unauthorized"})
            self.token = f"{self.token}+"
            return answer(200, {"access_token": self.token, "expires_in": 3600})
        return super().__call__(got)

    def authorized(self, got: Received) -> bool:
        # The first token runs out at once, which the answer says with a status of 200.
        return self.token.count("+") > 1 and got.headers.get("authorization") == f"Bearer {self.token}"

    def unauthorized(self, got: Received) -> Answer:
        return self.failed("602", "Access token expired")

    def failed(self, code: str, message: str) -> Answer:
        return answer(200, {"requestId": "e", "success": False, "errors": [{"code": code, "message": message}]})

    def done(self, result: list[dict[str, Any]]) -> Answer:
        return answer(200, {"requestId": "e", "success": True, "result": result})

    def wrong(self, said: str) -> Answer:
        return self.failed("609", said)

    def lists_of(self, got: Received) -> Answer:
        return self.done([{"id": int(id_), "name": name} for name, id_ in self.lists.items()])

    def make(self, got: Received) -> Answer:
        form = dict(parse_qsl(got.body.decode()))
        need(json.loads(form["folder"]) == {"id": 12, "type": "Folder"}, "folder")
        return self.done([{"id": int(self.list_made(form["name"])), "name": form["name"]}])

    def upsert(self, got: Received) -> Answer:
        need(got.json["action"] == "createOrUpdate" and got.json["lookupField"] == "email", "action")
        need(len(got.json["input"]) <= 300, "300 at most")
        result: list[dict[str, Any]] = []
        for one in got.json["input"]:
            if self.is_bad(one["email"]):
                result.append({"status": "skipped", "reasons": [{"code": "1003", "message": "invalid email"}]})
            else:
                self.leads.setdefault(one["email"], 500 + len(self.leads))
                result.append({"id": self.leads[one["email"]], "status": "created"})
        return self.done(result)

    def leads_of(self, got: Received) -> Answer:
        need(got.query["filterType"] == "email", "filterType")
        wanted = got.query["filterValues"].split(",")
        return self.done([{"id": self.leads[email], "email": email} for email in wanted if email in self.leads])

    def add(self, got: Received, list_id: str) -> Answer:
        return self.members(got, list_id, adds=True)

    def remove(self, got: Received, list_id: str) -> Answer:
        return self.members(got, list_id, adds=False)

    def members(self, got: Received, list_id: str, *, adds: bool) -> Answer:
        self.need_list(list_id)
        emails = {id_: email for email, id_ in self.leads.items()}
        ids = [one["id"] for one in got.json["input"]]
        self.change(adds, [emails[id_] for id_ in ids])
        return self.done([{"id": id_, "status": "added" if adds else "removed"} for id_ in ids])


TAGS = (Mailchimp, ActiveCampaign, Intercom, Marketo)
