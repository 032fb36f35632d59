"""Attributes and messages: Braze, Customer.io, OneSignal, Zendesk, Slack."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from tests.contracts.base import Contract, Person, answer, basic, need
from tests.integration.receiver import Answer, Received


class ByUserId(Contract):
    as_ = "boolean"
    makes_lists = False

    def who(self, person: Person) -> str:
        return person.user_id

    def value_of(self, attributes: dict[str, Any]) -> Any:
        need("vips" in attributes, "the attribute")
        return attributes["vips"]


class Braze(ByUserId):
    key = "braze"
    settings = {"data_center": "EU-01"}
    secrets = {"rest_api_key": "right"}
    routes = {"POST /users/track": "track"}

    def authorized(self, got: Received) -> bool:
        return got.headers.get("authorization") == "Bearer right"

    def track(self, got: Received) -> Answer:
        errors = []
        if not got.json.get("attributes") and not got.json.get("events"):
            return answer(400, {"message": "Valid data must be provided in the 'attributes', 'events', or 'purchases' fields."})
        for index, one in enumerate(got.json.get("attributes", [])):
            need(("external_id" in one) != ("email" in one), "one identifier")
            who = one["external_id"] if "external_id" in one else one["email"]
            need(isinstance(who, str), "the identifier is a text")
            if self.is_bad(who):
                errors.append({"type": "'external_id' is invalid", "input_array": "attributes", "index": index})
            else:
                self.set_value(who, self.value_of(one))
        for one in got.json.get("events", []):
            need(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", one["time"]), "time")
            self.events.append((one["external_id"] if "external_id" in one else one["email"], one["name"]))
        need(len(got.json.get("attributes", [])) <= 75, "75 at most")
        return answer(201, {"message": "success", "errors": errors} if errors else {"message": "success"})


class CustomerIo(ByUserId):
    key = "customerio"
    secrets = {"site_id": "site", "api_key": "right"}
    routes = {"POST /api/v2/batch": "batch", "GET /api/v1/accounts/region": "region"}

    def authorized(self, got: Received) -> bool:
        return got.headers.get("authorization") == basic("site", "right")

    def region(self, got: Received) -> Answer:
        return answer(200, {"data_center": "us"})

    def batch(self, got: Received) -> Answer:
        need(len(got.body) <= 500_000, "500 KB at most")
        errors = []
        for index, one in enumerate(got.json["batch"]):
            need(one["type"] == "person" and set(one["identifiers"]) == {"id"}, "one identifier")
            who = one["identifiers"]["id"]
            if self.is_bad(who):
                errors.append({"batch_index": index, "reason": "invalid", "field": "id", "message": "id is invalid"})
            elif one["action"] == "event":
                self.events.append((who, one["name"]))
            else:
                need(one["action"] == "identify", "action")
                self.set_value(who, self.value_of(one["attributes"]))
        return answer(207, {"errors": errors}) if errors else answer(200, {})


class CustomerIoSegment(CustomerIo):
    """A manual segment, which is there before."""

    key = "customerio as list"
    as_ = "list"
    list_name = "7"
    routes = {"POST /api/v1/segments/7/(add|remove)_customers": "segment", "GET /api/v1/accounts/region": "region"}

    def segment(self, got: Received, action: str) -> Answer:
        need(got.query == {"id_type": "id"} and len(got.json["ids"]) <= 1000, "ids of one type")
        if any(self.is_bad(who) for who in got.json["ids"]):
            return answer(400, {"meta": {"error": "invalid id"}})
        self.change(action == "add", got.json["ids"])
        return answer(200, {})


class OneSignal(ByUserId):
    key = "onesignal"
    settings = {"app_id": "app"}
    routes = {"PATCH /apps/app/users/by/external_id/(.+)": "update", "GET /apps/app/users/by/external_id/(.+)": "user"}

    def authorized(self, got: Received) -> bool:
        return got.headers.get("authorization") == "Key right"

    def user(self, got: Received, who: str) -> Answer:
        return answer(404, {"errors": [{"title": "User not found"}]})

    def update(self, got: Received, who: str) -> Answer:
        if self.is_bad(who):
            return answer(404, {"errors": [{"title": "User not found"}]})
        tags = got.json["properties"]["tags"]
        need(all(isinstance(value, str) for value in tags.values()), "tags are texts")
        self.set_value(who, self.value_of(tags))
        return answer(202, {"properties": {"tags": tags}})


class Zendesk(ByUserId):
    key = "zendesk"
    settings = {"subdomain": "shop"}
    secrets = {"email": "ops@example.com", "api_token": "right"}
    routes = {
        "GET /users/me.json": "me",
        "PUT /users/update_many.json": "update",
        r"GET /job_statuses/(\w+).json": "job",
    }

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.results = 0, []

    def is_change(self, got: Received) -> bool:
        return got.method == "PUT"

    def authorized(self, got: Received) -> bool:
        return got.headers.get("authorization") == basic("ops@example.com/token", "right")

    def me(self, got: Received) -> Answer:
        return answer(200, {"user": {"id": 1}})

    def update(self, got: Received) -> Answer:
        need(len(got.json["users"]) <= 100, "100 at most")
        self.asked, self.results = 0, []
        for index, one in enumerate(got.json["users"]):
            need(set(one) == {"external_id", "user_fields"}, "fields")
            if self.is_bad(one["external_id"]):
                self.results.append({"index": index, "error": "UserNotFound", "details": "User not found"})
            else:
                self.set_value(one["external_id"], self.value_of(one["user_fields"]))
                self.results.append({"index": index, "action": "update", "status": "Updated", "success": True})
        return answer(200, {"job_status": {"id": "j1", "status": "queued"}})

    def job(self, got: Received, id_: str) -> Answer:
        self.asked += 1
        status = "working" if self.asked < 3 else "completed"
        return answer(200, {"job_status": {"id": id_, "status": status, "results": self.results if self.asked > 2 else None}})


class Salesforce(ByUserId):
    key = "salesforce"
    settings = {"instance_url": "https://shop.my.salesforce.com", "external_id_field": "User_Id__c"}
    secrets = {"client_id": "c", "client_secret": "right"}
    routes = {
        "GET /services/data/v60.0/limits": "limits",
        "PATCH /services/data/v60.0/composite/sobjects/Contact/User_Id__c": "upsert",
    }

    def __call__(self, got: Received) -> Answer:
        if got.path == "/token":
            form = dict(parse_qsl(got.body.decode()))
            if form != {"grant_type": "client_credentials", "client_id": "c", "client_secret": "right"}:
                return answer(400, {"error": "invalid_client"})
            return answer(200, {"access_token": "fresh"})
        return super().__call__(got)

    def authorized(self, got: Received) -> bool:
        return got.headers.get("authorization") == "Bearer fresh"

    def is_change(self, got: Received) -> bool:
        return got.method == "PATCH"

    def limits(self, got: Received) -> Answer:
        return answer(200, {"DailyApiRequests": {"Max": 15000, "Remaining": 14000}})

    def upsert(self, got: Received) -> Answer:
        need(got.json["allOrNone"] is False and len(got.json["records"]) <= 200, "records")
        said: list[dict[str, Any]] = []
        for one in got.json["records"]:
            need(one["attributes"] == {"type": "Contact"}, "type")
            if self.is_bad(one["User_Id__c"]):
                errors = [{"statusCode": "REQUIRED_FIELD_MISSING", "message": "Required fields are missing: [LastName]"}]
                said.append({"success": False, "errors": errors})
            else:
                self.set_value(one["User_Id__c"], one["vips__c"])
                said.append({"id": "003", "success": True, "errors": [], "created": False})
        return answer(200, said)


class Slack(ByUserId):
    """Says how many, and names nobody: there is no partial failure."""

    key = "slack"
    as_ = "list"
    secrets = {"webhook_url": "https://hooks.slack.com/services/T/B/right"}
    routes = {"POST /services/T/B/right": "message"}

    def authorized(self, got: Received) -> bool:
        return got.path.endswith("/right")

    def unauthorized(self, got: Received) -> Answer:
        return answer(403, "invalid_token")

    def message(self, got: Received) -> Answer:
        need(set(got.json) == {"text"}, "text")
        self.events.append(("", got.json["text"]))
        return Answer(200, "ok")


MESSAGING = (Salesforce, Braze, CustomerIo, CustomerIoSegment, OneSignal, Zendesk, Slack)
