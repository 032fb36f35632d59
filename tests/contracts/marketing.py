"""Marketing tools with lists: Iterable, Klaviyo, HubSpot, SendGrid."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.contracts.base import BAD, Contract, answer, need
from tests.integration.receiver import Answer, Received


class Iterable(Contract):
    key = "iterable"
    routes = {
        "GET /lists": "lists_of",
        "POST /lists": "make",
        "POST /lists/subscribe": "subscribe",
        "POST /lists/unsubscribe": "unsubscribe",
    }

    def is_change(self, got: Received) -> bool:
        return got.path.endswith("subscribe")

    def authorized(self, got: Received) -> bool:
        return got.headers.get("api-key") == "right"

    def lists_of(self, got: Received) -> Answer:
        return answer(200, {"lists": [{"id": int(id_), "name": name} for name, id_ in self.lists.items()]})

    def make(self, got: Received) -> Answer:
        return answer(200, {"listId": int(self.list_made(got.json["name"]))})

    def subscribe(self, got: Received) -> Answer:
        return self.people(got, adds=True)

    def unsubscribe(self, got: Received) -> Answer:
        need(got.json["channelUnsubscribe"] is False, "channelUnsubscribe")
        return self.people(got, adds=False)

    def people(self, got: Received, *, adds: bool) -> Answer:
        need(isinstance(got.json["listId"], int), "listId is a number")
        self.need_list(str(got.json["listId"]))
        people = got.json["subscribers"]
        need(all(isinstance(one.get("userId", ""), str) for one in people), "userId is a text")
        bad = [one["email"] for one in people if self.is_bad(one["email"])]
        self.change(adds, [one["email"] for one in people if not self.is_bad(one["email"])])
        kind = "invalidEmails" if adds else "notFoundEmails"
        return answer(200, {"successCount": len(people) - len(bad), "failCount": len(bad), "failedUpdates": {kind: bad}})


class Klaviyo(Contract):
    key = "klaviyo"
    routes = {
        "GET /lists": "lists_of",
        "POST /lists": "make",
        "POST /profile-bulk-import-jobs": "import_",
        r"GET /profile-bulk-import-jobs/(\w+)": "job",
        r"GET /profile-bulk-import-jobs/(\w+)/import-errors": "errors",
        "GET /profiles": "profiles",
        r"DELETE /lists/(\w+)/relationships/profiles": "remove",
    }

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.failed: list[dict[str, Any]] = []

    def is_change(self, got: Received) -> bool:
        return got.path.endswith("-jobs") or got.method == "DELETE"

    def authorized(self, got: Received) -> bool:
        need(re.fullmatch(r"\d{4}-\d\d-\d\d", got.headers.get("revision", "")), "revision")
        return got.headers.get("authorization") == "Klaviyo-API-Key right"

    def lists_of(self, got: Received) -> Answer:
        name = re.fullmatch(r'equals\(name,"(.*)"\)', got.query.get("filter", 'equals(name,"")'))
        need(name, "filter")
        found = [{"type": "list", "id": id_} for known, id_ in self.lists.items() if name and known == name[1]]
        return answer(200, {"data": found})

    def make(self, got: Received) -> Answer:
        need(got.json["data"]["type"] == "list", "type")
        return answer(201, {"data": {"type": "list", "id": self.list_made(got.json["data"]["attributes"]["name"])}})

    def import_(self, got: Received) -> Answer:
        data = got.json["data"]
        need(data["type"] == "profile-bulk-import-job", "type")
        (place,) = data["relationships"]["lists"]["data"]
        self.need_list(place["id"])
        people = [one["attributes"] for one in data["attributes"]["profiles"]["data"]]
        need(all(one.get("email") or one.get("external_id") for one in people), "identifier")
        self.failed = [one for one in people if self.is_bad(one["email"])]
        self.change(True, [one["email"] for one in people if not self.is_bad(one["email"])])
        self.asked = 0
        return answer(202, {"data": {"type": "profile-bulk-import-job", "id": "job1", "attributes": {"status": "queued"}}})

    def job(self, got: Received, id_: str) -> Answer:
        self.asked += 1
        if self.asked == 1:
            return answer(200, {"data": {"id": id_, "attributes": {"status": "processing", "failed_count": 0}}})
        return answer(200, {"data": {"id": id_, "attributes": {"status": "complete", "failed_count": len(self.failed)}}})

    def errors(self, got: Received, id_: str) -> Answer:
        said = [
            {"attributes": {"code": "invalid", "detail": "no such address", "original_payload": one}} for one in self.failed
        ]
        return answer(200, {"data": said, "links": {"next": None}})

    def profiles(self, got: Received) -> Answer:
        found = re.fullmatch(r"any\(email,(\[.*\])\)", got.query["filter"])
        need(found and got.query["fields[profile]"] == "email", "filter")
        wanted = json.loads(found[1]) if found else []
        need(len(wanted) <= 100, "more than a page")
        known = [email for email in wanted if email in self.held]
        return answer(200, {"data": [{"id": f"01{email}", "attributes": {"email": email}} for email in known]})

    def remove(self, got: Received, list_id: str) -> Answer:
        self.need_list(list_id)
        need(all(one["type"] == "profile" and one["id"].startswith("01") for one in got.json["data"]), "profiles")
        self.change(False, [one["id"][2:] for one in got.json["data"]])
        return answer(204)


class HubSpot(Contract):
    key = "hubspot"
    secrets = {"access_token": "right"}
    routes = {
        "GET /lists/object-type-id/contact/name/(.+)": "list_by_name",
        "POST /lists": "make",
        "POST /objects/contact/batch/upsert": "upsert",
        "POST /objects/contact/batch/read": "read",
        r"PUT /lists/(\d+)/memberships/add-and-remove": "memberships",
        "GET /objects/contacts": "some",
    }

    def __init__(self) -> None:
        super().__init__()
        self.contacts: dict[str, str] = {}

    def is_change(self, got: Received) -> bool:
        return got.method == "PUT"

    def some(self, got: Received) -> Answer:
        return answer(200, {"results": []})

    def list_by_name(self, got: Received, name: str) -> Answer:
        if name not in self.lists:
            return answer(400, {"category": "VALIDATION_ERROR", "message": "List does not exist"})
        return answer(200, {"list": {"listId": self.lists[name], "name": name}})

    def make(self, got: Received) -> Answer:
        need(got.json["processingType"] == "MANUAL" and got.json["objectTypeId"] == "contact", "kind")
        return answer(200, {"list": {"listId": self.list_made(got.json["name"])}})

    def upsert(self, got: Received) -> Answer:
        inputs = got.json["inputs"]
        need(0 < len(inputs) <= 100 and all(one["idProperty"] == "email" for one in inputs), "inputs")
        results = []
        for one in inputs:
            if not self.is_bad(one["id"]):
                self.contacts.setdefault(one["id"], str(900 + len(self.contacts)))
                results.append({"id": self.contacts[one["id"]], "properties": {"email": one["id"]}})
        errors = [{"category": "VALIDATION_ERROR", "message": "invalid email"}] if len(results) < len(inputs) else []
        return answer(207 if errors else 200, {"status": "COMPLETE", "results": results, "errors": errors})

    def read(self, got: Received) -> Answer:
        need(got.json["idProperty"] == "email" and "email" in got.json["properties"], "property")
        known = [one["id"] for one in got.json["inputs"] if one["id"] in self.contacts]
        return answer(200, {"results": [{"id": self.contacts[one], "properties": {"email": one}} for one in known]})

    def memberships(self, got: Received, list_id: str) -> Answer:
        self.need_list(list_id)
        emails = {id_: email for email, id_ in self.contacts.items()}
        self.change(True, [emails[id_] for id_ in got.json["recordIdsToAdd"]])
        self.change(False, [emails[id_] for id_ in got.json["recordIdsToRemove"]])
        return answer(200, {"recordsIdsAdded": got.json["recordIdsToAdd"], "recordIdsMissing": []})


class SendGrid(Contract):
    key = "sendgrid"
    routes = {
        "GET /marketing/lists": "lists_of",
        "POST /marketing/lists": "make",
        "PUT /marketing/contacts": "add",
        "POST /marketing/contacts/search/emails": "search",
        r"DELETE /marketing/lists/(\d+)/contacts": "remove",
    }

    def is_change(self, got: Received) -> bool:
        return got.method in ("PUT", "DELETE")

    def authorized(self, got: Received) -> bool:
        return got.headers.get("authorization") == "Bearer right"

    def lists_of(self, got: Received) -> Answer:
        found = [{"id": id_, "name": name} for name, id_ in self.lists.items()]
        if "page_token" in got.query:
            need(got.query["page_token"] == "t2", "token")
            return answer(200, {"result": found, "_metadata": {}})
        next_ = "https://api.sendgrid.com/v3/marketing/lists?page_token=t2&page_size=1000"
        return answer(200, {"result": [{"id": "0", "name": "other"}], "_metadata": {"next": next_}})

    def make(self, got: Received) -> Answer:
        return answer(201, {"id": self.list_made(got.json["name"])})

    def add(self, got: Received) -> Answer:
        (list_id,) = got.json["list_ids"]
        self.need_list(list_id)
        emails = [one["email"] for one in got.json["contacts"]]
        if BAD.normal in emails:
            return answer(400, {"errors": [{"message": f"email '{BAD.normal}' is not valid", "field": "contacts"}]})
        self.change(True, emails)
        return answer(202, {"job_id": "j1"})

    def search(self, got: Received) -> Answer:
        need(len(got.json["emails"]) <= 100, "too many")
        found = {email: {"contact": {"id": f"c-{email}"}} for email in got.json["emails"] if email in self.held}
        return answer(200, {"result": found}) if found else answer(404, {"error": "not found"})

    def remove(self, got: Received, list_id: str) -> Answer:
        self.need_list(list_id)
        self.change(False, [id_.removeprefix("c-") for id_ in got.query["contact_ids"].split(",")])
        return answer(202, {"job_id": "j2"})


MARKETING = (Iterable, Klaviyo, HubSpot, SendGrid)
