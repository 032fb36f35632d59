"""Bulk API 2.0 of Salesforce: jobs that take CSV, are closed, work for a while, and then say what became of each row."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from tests.contracts.base import Contract, Person, answer, need
from tests.integration.receiver import Answer, Received

JOBS = "/services/data/v60.0/jobs/ingest"


@dataclass
class Job:
    state: str = "Open"
    text: str = ""
    rows: list[dict[str, str]] = field(default_factory=list)
    asked: int = 0
    failed: list[dict[str, str]] = field(default_factory=list)
    done: list[dict[str, str]] = field(default_factory=list)


class SalesforceBulk(Contract):
    key = "salesforce_bulk"
    settings = {"instance_url": "https://shop.my.salesforce.com", "external_id_field": "User_Id__c"}
    secrets = {"client_id": "c", "client_secret": "right"}
    as_ = "boolean"
    makes_lists = False
    makes_jobs = True
    routes = {
        "GET /services/data/v60.0/limits": "limits",
        f"POST {JOBS}": "make",
        rf"PUT {JOBS}/(\w+)/batches": "upload",
        rf"PATCH {JOBS}/(\w+)": "turn",
        rf"GET {JOBS}/(\w+)": "job",
        rf"GET {JOBS}/(\w+)/(failedResults|successfulResults)": "results",
    }

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[str, Job] = {}
        self.token = "fresh0"
        self.tokens = 0
        self.columns = {"User_Id__c", "vips__c"}
        self.locked: set[str] = set()
        self.left_out: set[str] = set()
        self.is_slow = self.is_expiring = False

    def who(self, person: Person) -> str:
        return person.user_id

    def __call__(self, got: Received) -> Answer:
        if got.path == "/services/oauth2/token":
            form = dict(parse_qsl(got.body.decode()))
            if form != {"grant_type": "client_credentials", "client_id": "c", "client_secret": "right"}:
                return answer(400, {"error": "invalid_client", "error_description": "invalid client credentials"})
            self.tokens += 1
            self.token = f"fresh{self.tokens}"
            return answer(200, {"access_token": self.token})
        return super().__call__(got)

    def authorized(self, got: Received) -> bool:
        return got.headers.get("authorization") == f"Bearer {self.token}"

    def unauthorized(self, got: Received) -> Answer:
        return answer(401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}])

    def wrong(self, said: str) -> Answer:
        return answer(400, [{"errorCode": "INVALIDJOB", "message": said}])

    def is_change(self, got: Received) -> bool:
        return got.method == "PUT"

    def limits(self, got: Received) -> Answer:
        return answer(200, {"DailyApiRequests": {"Max": 15000, "Remaining": 14000}})

    def make(self, got: Received) -> Answer:
        need(
            got.json == {"object": "Contact", "contentType": "CSV", "lineEnding": "LF", "operation": "upsert",
                         "externalIdFieldName": "User_Id__c"},
            "job",
        )  # fmt: skip
        id_ = f"750{len(self.jobs):03}"
        self.jobs[id_] = Job()
        return answer(200, {"id": id_, "state": "Open", "contentUrl": f"services/data/v60.0/jobs/ingest/{id_}/batches"})

    def upload(self, got: Received, id_: str) -> Answer:
        job = self.jobs[id_]
        if job.rows and got.body.decode() == job.text:  # a connection that broke: HTTP lets clients repeat a PUT
            return answer(400, [{"errorCode": "INVALIDJOBSTATE", "message": "the job has its rows"}])
        need(job.state == "Open" and not job.rows, "rows go into an open job, once")
        need(got.headers["content-type"] == "text/csv" and b"\r" not in got.body, "CSV with the line ends that were said")
        job.text = got.body.decode()
        job.rows = list(csv.DictReader(io.StringIO(got.body.decode())))
        return Answer(201)

    def turn(self, got: Received, id_: str) -> Answer:
        job, state = self.jobs[id_], got.json["state"]
        need(set(got.json) == {"state"} and state in ("UploadComplete", "Aborted"), "state")
        need(state == "Aborted" or (job.state == "Open" and job.rows), "a job is closed when it has rows")
        job.state = state
        if self.is_expiring:
            self.token, self.is_expiring = "no token any more", False
        return answer(200, {"id": id_, "state": state})

    def job(self, got: Received, id_: str) -> Answer:
        job = self.jobs[id_]
        job.asked += 1
        if job.state == "UploadComplete" and job.asked > 2 and not self.is_slow:
            self._work(job)
        said: dict[str, Any] = {"id": id_, "state": "InProgress" if job.state == "UploadComplete" else job.state}
        if job.state == "JobComplete":
            said |= {"numberRecordsProcessed": len(job.done) + len(job.failed), "numberRecordsFailed": len(job.failed)}
        if job.state == "Failed":
            said |= {"errorMessage": "InvalidBatch : Field name not found : vips__c"}
        return answer(200, said)

    def _work(self, job: Job) -> None:
        if not set(job.rows[0]) <= self.columns:
            job.state = "Failed"
            return
        job.state = "JobComplete"
        for row in job.rows:
            who = row["User_Id__c"]
            if self.is_bad(who):
                job.failed.append({"sf__Id": "", "sf__Error": "REQUIRED_FIELD_MISSING:[LastName]:LastName --", **row})
            elif who in self.locked:
                job.failed.append({"sf__Id": "", "sf__Error": "UNABLE_TO_LOCK_ROW:unable to obtain access:--", **row})
            elif who not in self.left_out:
                self.set_value(who, row["vips__c"])
                job.done.append({"sf__Id": "003", "sf__Created": "false", **row})

    def results(self, got: Received, id_: str, kind: str) -> Answer:
        job = self.jobs[id_]
        need(job.state == "JobComplete", "results of a job that is done")
        rows = job.failed if kind == "failedResults" else job.done
        file = io.StringIO()
        writer = csv.DictWriter(file, list(rows[0]) if rows else ["sf__Id"], lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
        return Answer(200, file.getvalue())


SALESFORCE_BULK = (SalesforceBulk,)
