"""Google Sheets: cells of one spreadsheet, changed by batches that are done as a whole."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from tests.contracts.base import Contract, Person, answer, need
from tests.integration.receiver import Answer, Received


class GoogleSheets(Contract):
    key = "google_sheets"
    settings = {"spreadsheet_id": "1AbC"}
    secrets = {"client_id": "c", "client_secret": "s", "refresh_token": "right"}
    routes = {"GET /spreadsheets/1AbC": "read", "POST /spreadsheets/1AbC:batchUpdate": "batch"}

    def __init__(self) -> None:
        super().__init__()
        self.sheets: dict[int, list[list[str]]] = {0: [["what", "others", "wrote"]]}
        self.titles = {0: "Sheet1"}
        self.too_long = 1000

    def who(self, person: Person) -> str:
        return person.email.strip()

    def is_change(self, got: Received) -> bool:
        return b"updateCells" in got.body

    def authorized(self, got: Received) -> bool:
        return got.headers.get("authorization") == "Bearer fresh"

    def __call__(self, got: Received) -> Answer:
        if got.path == "/token":
            form = dict(parse_qsl(got.body.decode()))
            if form != {"grant_type": "refresh_token", "client_id": "c", "client_secret": "s", "refresh_token": "right"}:
                return answer(400, {"error": "invalid_grant"})
            return answer(200, {"access_token": "fresh", "expires_in": 3600})
        return super().__call__(got)

    def read(self, got: Received) -> Answer:
        need(got.query["fields"] in ("sheets.properties(sheetId,title)", "spreadsheetId"), "fields")
        found = [{"properties": {"sheetId": id_, "title": title}} for id_, title in self.titles.items()]
        return answer(200, {"spreadsheetId": "1AbC", "sheets": found})

    def batch(self, got: Received) -> Answer:
        """All or nothing, as documented."""
        sheets, titles = {id_: [*rows] for id_, rows in self.sheets.items()}, dict(self.titles)
        replies: list[dict[str, Any]] = []
        for request in got.json["requests"]:
            ((kind, said),) = request.items()
            if kind == "addSheet":
                title = said["properties"]["title"]
                need(title not in titles.values(), "a sheet of this name is there")
                id_ = max(titles) + 7
                titles[id_], sheets[id_] = title, [[""] * 26 for _ in range(1000)]
                self.lists[title] = str(id_)
                replies.append({"addSheet": {"properties": {"sheetId": id_, "title": title}}})
            elif kind == "updateSheetProperties":
                grid = said["properties"]["gridProperties"]
                need(said["fields"] == "gridProperties(rowCount,columnCount)", "fields")
                id_, rows, columns = said["properties"]["sheetId"], grid["rowCount"], grid["columnCount"]
                need(id_ in sheets and rows >= 1 and columns >= 1, "grid")
                padded = sheets[id_] + [[] for _ in range(rows)]
                sheets[id_] = [(row + [""] * columns)[:columns] for row in padded[:rows]]
                replies.append({})
            else:
                self.write(sheets, said)
                replies.append({})
        if len(sheets[max(sheets)]) > self.too_long and max(self.titles):
            return answer(400, {"error": {"code": 400, "message": "This action would increase the number of cells"}})
        self.sheets, self.titles = sheets, titles
        ours = [row for id_ in list(titles)[1:] for row in sheets[id_][1:] if any(row)]
        now = {row[2] for row in ours}
        self.unset |= self.held - now
        self.held = now
        return answer(200, {"spreadsheetId": "1AbC", "replies": replies})

    def write(self, sheets: dict[int, list[list[str]]], said: dict[str, Any]) -> None:
        need(said["fields"] == "userEnteredValue", "fields")
        grid = sheets[said["range"]["sheetId"]]
        first, beyond = said["range"]["startRowIndex"], said["range"].get("endRowIndex", len(grid))
        cells = [[cell["userEnteredValue"]["stringValue"] for cell in row["values"]] for row in said["rows"]]
        need(len(cells) <= beyond - first and all(len(row) <= len(grid[0]) for row in cells), "beyond the grid")
        need(all(isinstance(cell, str) for row in cells for cell in row), "a cell that is no text")
        for place in range(first, beyond):
            # What the range covers and no row of the request does is cleared.
            row = cells[place - first] if place - first < len(cells) else []
            grid[place] = (row + [""] * len(grid[0]))[: len(grid[0])]


SHEETS = (GoogleSheets,)
