"""The Trade Desk: CRM segments that take lists as a whole, at an address that each drop has of its own."""

from __future__ import annotations

from tests.contracts.base import Contract, answer, need
from tests.integration.receiver import Answer, Received


class TradeDesk(Contract):
    key = "trade_desk"
    settings = {"advertiser_id": "adv1", "region": "EU"}
    secrets = {"auth_token": "right"}
    routes = {
        "GET /crmdata/segment/adv1": "segments",
        "POST /crmdata/segment": "make",
        r"POST /crmdata/segment/adv1/(\d+)": "drop",
    }

    def __init__(self) -> None:
        super().__init__()
        self.drops: dict[str, str] = {}
        self.uploads: list[bytes] = []

    def is_change(self, got: Received) -> bool:
        return got.method == "PUT"

    def authorized(self, got: Received) -> bool:
        return got.headers.get("ttd-auth") == "right"

    def __call__(self, got: Received) -> Answer:
        if got.path.startswith("/bucket/"):
            # A signed address refuses what has other credentials beside.
            if "ttd-auth" in got.headers or got.query.get("signature") not in self.drops or got.method != "PUT":
                self.surprises.append(f"{got.method} {got.path}")
                return answer(403)
            self.uploads.append(got.body)
            self.held = set(got.body.decode().split())
            return Answer(200)
        return super().__call__(got)

    def segments(self, got: Received) -> Answer:
        if "pagingToken" not in got.query:
            return answer(200, {"Segments": [{"SegmentName": "other", "CrmDataId": "1"}], "PagingToken": "t&2"})
        need(got.query["pagingToken"] == "t&2", "token")
        found = [{"SegmentName": name, "CrmDataId": id_} for name, id_ in self.lists.items()]
        return answer(200, {"Segments": found, "PagingToken": None})

    def make(self, got: Received) -> Answer:
        need(got.json["AdvertiserId"] == "adv1" and got.json["Region"] == "EU", "segment")
        return answer(200, {"CrmDataId": self.list_made(got.json["SegmentName"])})

    def drop(self, got: Received, segment: str) -> Answer:
        self.need_list(segment)
        need(got.json == {"PiiType": "EmailHashedUnifiedId2", "MergeMode": "Replace"}, "drop")
        signature = f"s{len(self.drops)}"
        self.drops[signature] = segment
        return answer(200, {"ReferenceId": "r", "Url": f"http://{got.headers['host']}/bucket/list?signature={signature}"})
