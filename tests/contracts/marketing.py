"""Marketing tools with lists and tags: Iterable, Klaviyo, HubSpot, Mailchimp, SendGrid, ActiveCampaign, Intercom."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from tests.contracts.base import BAD, Contract, Person, answer, basic, need
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


MARKETING = (Marketo, Iterable, Klaviyo, HubSpot, Mailchimp, SendGrid, ActiveCampaign, Intercom)
