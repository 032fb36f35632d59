"""Analytics and event streams: Segment, RudderStack, Amplitude, Mixpanel, PostHog."""

from __future__ import annotations

import re
from typing import Any

from tests.contracts.base import Contract, Person, answer, basic, need
from tests.contracts.messaging import ByUserId
from tests.integration.receiver import Answer, Received


class Segment(ByUserId):
    key = "segment"
    secrets = {"write_key": "right"}
    routes = {"POST /v1/batch": "batch"}

    def authorized(self, got: Received) -> bool:
        return got.headers.get("authorization") == basic("right", "")

    def batch(self, got: Received) -> Answer:
        need(len(got.body) <= 500_000, "500 KB at most")
        if not got.json["batch"]:
            return answer(400, {"success": False, "message": "empty"})
        for call in got.json["batch"]:
            need(call["messageId"] and call["timestamp"], "messageId and timestamp")
            need(call["context"]["personas"]["computation_key"] == "vips", "computation_key")
        if any(self.is_bad(call["userId"]) for call in got.json["batch"]):
            return answer(400, {"success": False, "message": "malformed"})
        for call in got.json["batch"]:
            if call["type"] == "track":
                self.events.append((call["userId"], call["event"]))
                need(call["properties"]["audience_key"] == "vips", "audience_key")
            else:
                self.set_value(call["userId"], self.value_of(call["traits"]))
        return answer(200, {"success": True})


class RudderStack(Segment):
    key = "rudderstack"
    settings = {"data_plane_url": "https://shop.dataplane.rudderstack.com"}

    def batch(self, got: Received) -> Answer:
        answered = super().batch(got)
        return Answer(200, "OK") if answered.status == 200 else answered


class Amplitude(ByUserId):
    key = "amplitude"
    routes = {"POST /2/httpapi": "events_of"}

    def authorized(self, got: Received) -> bool:
        return bool(got.json["api_key"] == "right")

    def unauthorized(self, got: Received) -> Answer:
        return answer(400, {"code": 400, "error": "Invalid API key: wrong"})

    def events_of(self, got: Received) -> Answer:
        events = got.json["events"]
        if not events:
            return answer(400, {"code": 400, "error": "Request missing required field", "missing_field": "events"})
        need(len(events) <= 2000 and len(got.body) <= 1_000_000, "size")
        need(all(len(one["user_id"]) >= 5 and one["insert_id"] for one in events), "user_id and insert_id")
        bad = [index for index, one in enumerate(events) if self.is_bad(one["user_id"])]
        if bad:
            return answer(400, {"code": 400, "error": "invalid", "events_with_invalid_fields": {"user_id": bad}})
        for one in events:
            if one["event_type"] == "$identify":
                self.set_value(one["user_id"], self.value_of(one["user_properties"]["$set"]))
            else:
                self.events.append((one["user_id"], one["event_type"]))
        return answer(200, {"code": 200, "events_ingested": len(events)})


class AmplitudeCohorts(Contract):
    key = "amplitude_cohorts"
    secrets = {"api_key": "key", "secret_key": "right"}
    list_name = "abc123"
    makes_lists = False
    routes = {"GET /cohorts": "cohorts", "POST /cohorts/membership": "membership"}

    def who(self, person: Person) -> str:
        return person.user_id

    def authorized(self, got: Received) -> bool:
        return got.headers.get("authorization") == basic("key", "right")

    def cohorts(self, got: Received) -> Answer:
        return answer(200, {"cohorts": []})

    def membership(self, got: Received) -> Answer:
        need(got.json["cohort_id"] == "abc123" and got.json["skip_invalid_ids"] is True, "cohort")
        (change,) = got.json["memberships"]
        need(change["id_type"] == "BY_NAME" and change["operation"] in ("ADD", "REMOVE"), "operation")
        need(len(change["ids"]) <= 500 and len(set(change["ids"])) == len(change["ids"]), "ids")
        bad = [who for who in change["ids"] if self.is_bad(who)]
        self.change(change["operation"] == "ADD", [who for who in change["ids"] if not self.is_bad(who)])
        return answer(
            200, {"cohort_id": "abc123", "memberships_result": [{"skipped_ids": bad, "operation": change["operation"]}]}
        )


class Mixpanel(ByUserId):
    key = "mixpanel"
    settings = {"project_id": "77", "project_token": "tok"}
    secrets = {"service_account": "bot", "service_account_secret": "right"}
    routes = {"POST /engage": "engage", "POST /import": "import_"}

    def authorized(self, got: Received) -> bool:
        return got.headers.get("authorization") == basic("bot", "right")

    def engage(self, got: Received) -> Answer:
        need(got.query == {"verbose": "1"}, "verbose")
        updates = got.json
        need(len(updates) <= 2000 and all(one["$token"] == "tok" for one in updates), "token")
        if any(self.is_bad(one["$distinct_id"]) for one in updates):
            return answer(200, {"status": 0, "error": "invalid distinct_id"})
        for one in updates:
            self.set_value(one["$distinct_id"], self.value_of(one["$set"]))
        return answer(200, {"status": 1, "error": None})

    def import_(self, got: Received) -> Answer:
        need(got.query == {"strict": "1", "project_id": "77"}, "strict")
        failed = []
        for index, one in enumerate(got.json):
            properties: dict[str, Any] = one["properties"]
            need(isinstance(properties["time"], int) and len(properties["$insert_id"]) <= 36, "time and $insert_id")
            if self.is_bad(properties["distinct_id"]):
                failed.append({"index": index, "field": "properties.distinct_id", "message": "invalid"})
            else:
                self.events.append((properties["distinct_id"], one["event"]))
        done = {"num_records_imported": len(got.json) - len(failed), "failed_records": failed}
        return answer(400, {"code": 400, **done}) if failed else answer(200, {"code": 200, **done})


class PostHog(ByUserId):
    key = "posthog"
    secrets = {"project_api_key": "right"}
    routes = {"POST /batch/": "batch"}

    def authorized(self, got: Received) -> bool:
        return bool(got.json["api_key"] == "right")

    def batch(self, got: Received) -> Answer:
        for one in got.json["batch"]:
            need(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one["uuid"]), "uuid")
        if any(self.is_bad(one["distinct_id"]) for one in got.json["batch"]):
            return answer(400, {"type": "validation_error", "detail": "invalid distinct_id"})
        for one in got.json["batch"]:
            if one["event"] == "$set":
                self.set_value(one["distinct_id"], self.value_of(one["properties"]["$set"]))
            else:
                self.events.append((one["distinct_id"], one["event"]))
        return answer(200, {"status": "Ok"})


ANALYTICS = (Segment, RudderStack, Amplitude, AmplitudeCohorts, Mixpanel, PostHog)
