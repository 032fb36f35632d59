"""Advertising whose access tokens come from a refresh token: Google, Microsoft, Reddit."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from tests.contracts.ads import Hashed, need_hashes
from tests.contracts.base import Person, answer, basic, need, sha256
from tests.integration.receiver import Answer, Received


class WithToken(Hashed):
    """Access tokens come from another URL, for a refresh token."""

    secrets = {"developer_token": "dev", "client_id": "c", "client_secret": "s", "refresh_token": "right"}
    form = {"grant_type": "refresh_token", "client_id": "c", "client_secret": "s", "refresh_token": "right"}

    def authorized(self, got: Received) -> bool:
        return got.headers.get("authorization") == "Bearer fresh"

    def __call__(self, got: Received) -> Answer:
        if got.path == "/token":
            if dict(parse_qsl(got.body.decode())) != self.form:
                return answer(400, {"error": "invalid_grant"})
            return answer(200, {"access_token": "fresh", "expires_in": 3600})
        return super().__call__(got)


class GoogleCustomerMatch(WithToken):
    key = "google_customer_match"
    makes_jobs = True
    settings = {"customer_id": "123", "login_customer_id": "456"}
    routes = {
        "POST /customers/123/googleAds:search": "search",
        "POST /customers/123/userLists:mutate": "make",
        "POST /customers/123/offlineUserDataJobs:create": "create",
        r"POST /customers/123/offlineUserDataJobs/(\d+):addOperations": "operations",
        r"POST /customers/123/offlineUserDataJobs/(\d+):run": "run",
    }

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[str, list[tuple[bool, str]]] = {}

    def is_change(self, got: Received) -> bool:
        return got.path.endswith(":run")

    def authorized(self, got: Received) -> bool:
        need(got.headers.get("developer-token") == "dev" and got.headers.get("login-customer-id") == "456", "headers")
        return super().authorized(got)

    def search(self, got: Received) -> Answer:
        found = re.search(r'user_list.name = "(.*)"$', got.json["query"])
        if found is None:
            return answer(200, {"results": [{"customer": {"id": "123"}}]})
        id_ = self.lists.get(found[1])
        named = [{"userList": {"resourceName": f"customers/123/userLists/{id_}", "name": found[1]}}]
        return answer(200, {"results": named} if id_ else {})

    def make(self, got: Received) -> Answer:
        made = got.json["operations"][0]["create"]
        need(made["crmBasedUserList"]["uploadKeyType"] == "CONTACT_INFO" and int(made["membershipLifeSpan"]) <= 540, "list")
        return answer(200, {"results": [{"resourceName": f"customers/123/userLists/{self.list_made(made['name'])}"}]})

    def create(self, got: Received) -> Answer:
        job = got.json["job"]
        need(job["type"] == "CUSTOMER_MATCH_USER_LIST", "type")
        metadata = job["customerMatchUserListMetadata"]
        self.need_list(metadata["userList"].removeprefix("customers/123/userLists/"))
        need(set(metadata["consent"].values()) <= {"GRANTED", "DENIED"}, "consent")
        id_ = str(len(self.jobs) + 1)
        self.jobs[id_] = []
        return answer(200, {"resourceName": f"customers/123/offlineUserDataJobs/{id_}"})

    def operations(self, got: Received, job: str) -> Answer:
        need(got.json["enablePartialFailure"] is True, "enablePartialFailure")
        kinds = {kind for operation in got.json["operations"] for kind in operation}
        need(kinds in ({"create"}, {"remove"}), "adds and removals are not mixed")
        errors = []
        for index, operation in enumerate(got.json["operations"]):
            ((kind, user),) = operation.items()
            ((name, value),) = user["userIdentifiers"][0].items()
            need(name == "hashedEmail", "identifier")
            need_hashes([value])
            if self.is_bad(value):
                path = [{"fieldName": "operations", "index": index}, {"fieldName": kind}]
                errors.append({"message": "The email is not valid.", "location": {"fieldPathElements": path}})
            else:
                self.jobs[job].append((kind == "create", value))
        failure = {"partialFailureError": {"code": 3, "details": [{"errors": errors}]}} if errors else {}
        return answer(200, failure)

    def run(self, got: Received, job: str) -> Answer:
        need(got.json == {}, "empty")
        for adds, value in self.jobs[job]:
            self.change(adds, [value])
        return answer(200, {"name": "customers/123/operations/1"})


class Microsoft(WithToken):
    key = "microsoft_audiences"
    settings = {"customer_id": "11", "account_id": "22"}
    form = {**WithToken.form, "scope": "https://ads.microsoft.com/msads.manage offline_access"}
    routes = {
        "POST /Audiences/QueryByIds": "audiences",
        "POST /Audiences": "make",
        "POST /CustomerListUserData/Apply": "apply",
    }

    def is_change(self, got: Received) -> bool:
        return got.path.endswith("/Apply")

    def authorized(self, got: Received) -> bool:
        need(got.headers.get("developertoken") == "dev", "DeveloperToken")
        need(got.headers.get("customerid") == "11" and got.headers.get("customeraccountid") == "22", "CustomerId")
        return super().authorized(got)

    def audiences(self, got: Received) -> Answer:
        need(got.json["Type"] == "CustomerList", "Type")
        return answer(200, {"Audiences": [{"Id": id_, "Name": name} for name, id_ in self.lists.items()], "PartialErrors": []})

    def make(self, got: Received) -> Answer:
        (made,) = got.json["Audiences"]
        need(made["Type"] == "CustomerList", "Type")
        return answer(200, {"AudienceIds": [self.list_made(made["Name"])], "PartialErrors": []})

    def apply(self, got: Received) -> Answer:
        data = got.json["CustomerListUserData"]
        self.need_list(data["AudienceId"])
        need(data["CustomerListItemSubType"] == "Email" and data["ActionType"] in ("Add", "Remove"), "kind")
        need_hashes(data["CustomerListItems"])
        errors = []
        for index, one in enumerate(data["CustomerListItems"]):
            if self.is_bad(one):
                errors.append({"Index": index, "Code": 5300, "ErrorCode": "InvalidItem", "Message": "The item is not valid."})
            else:
                self.change(data["ActionType"] == "Add", [one])
        return answer(200, {"PartialErrors": errors})


class Reddit(WithToken):
    key = "reddit_audiences"
    settings = {"ad_account_id": "t2_x"}
    secrets = {"client_id": "c", "client_secret": "s", "refresh_token": "right"}
    form = {"grant_type": "refresh_token", "refresh_token": "right"}
    routes = {
        "GET /ad_accounts/t2_x": "account",
        "GET /ad_accounts/t2_x/custom_audiences": "audiences",
        "POST /ad_accounts/t2_x/custom_audiences": "make",
        r"PATCH /custom_audiences/(\d+)/users": "users",
    }

    def __call__(self, got: Received) -> Answer:
        if got.path == "/token" and got.headers.get("authorization") != basic("c", "s"):
            return answer(401, {"error": "unauthorized"})
        return super().__call__(got)

    def is_change(self, got: Received) -> bool:
        return got.method == "PATCH"

    def who(self, person: Person) -> str:
        name, _, domain = person.normal.partition("@")
        return sha256(f"{name.replace('.', '').partition('+')[0]}@{domain}")

    def account(self, got: Received) -> Answer:
        return answer(200, {"data": {"id": "t2_x"}})

    def audiences(self, got: Received) -> Answer:
        if "page.token" not in got.query:
            next_ = "https://ads-api.reddit.com/api/v3/ad_accounts/t2_x/custom_audiences?page.token=p2&page.size=100"
            return answer(200, {"data": [{"id": "1", "name": "other"}], "pagination": {"next_url": next_}})
        found = [{"id": id_, "name": name} for name, id_ in self.lists.items()]
        return answer(200, {"data": found, "pagination": {"next_url": None}})

    def make(self, got: Received) -> Answer:
        need(got.json["data"]["type"] == "CUSTOMER_LIST", "type")
        return answer(201, {"data": {"id": self.list_made(got.json["data"]["name"])}})

    def users(self, got: Received, list_id: str) -> Answer:
        self.need_list(list_id)
        data = got.json["data"]
        need(data["column_order"] == ["EMAIL_SHA256", "MAID_SHA256"] and data["action_type"] in ("ADD", "REMOVE"), "data")
        emails = [row[0] for row in data["user_data"]]
        need_hashes(emails)
        if any(self.is_bad(email) for email in emails):
            return answer(400, {"error": {"code": 400, "message": "invalid user_data"}})
        self.change(data["action_type"] == "ADD", emails)
        return answer(200, {"data": {"message": "accepted"}})


ADS_BY_TOKEN = (GoogleCustomerMatch, Microsoft, Reddit)
