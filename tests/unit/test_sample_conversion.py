"""The calls made of the Online Retail sample, held against its invoice lines as plain Python reads them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "samples" / "online_retail"
SOURCE = SAMPLE / "online_retail.parquet"

Call = dict[str, Any]


@dataclass(slots=True)
class Invoice:
    number: str
    customer: int | None
    country: str
    lines: list[tuple[str, str | None, int, Decimal]] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)

    @property
    def is_refund(self) -> bool:
        return self.number.startswith("C")

    @property
    def is_left_out(self) -> bool:
        only_negative = all(quantity < 0 for _, _, quantity, _ in self.lines)
        return self.number.startswith("A") or (only_negative and not self.is_refund)

    @property
    def message_id(self) -> str:
        return f"{'refund' if self.is_refund else 'order'}-{self.number}"

    @property
    def invoiced_at(self) -> datetime:
        """The first time, as naive UTC."""
        return min(self.times)

    @property
    def revenue(self) -> Decimal:
        total = sum((quantity * price for _, _, quantity, price in self.lines), Decimal(0))
        return abs(total).quantize(Decimal("0.01"), ROUND_HALF_UP)


def run_conversion(output_dir: Path) -> str:
    """What the command says on stderr."""
    command = [sys.executable, str(SAMPLE / "convert.py"), str(output_dir)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stderr


@pytest.fixture(scope="session")
def calls_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output_dir = tmp_path_factory.mktemp("online_retail")
    run_conversion(output_dir)
    return output_dir / "calls.parquet"


@pytest.fixture(scope="session")
def calls(calls_file: Path) -> list[Call]:
    with duckdb.connect() as connection:
        relation = connection.read_parquet(str(calls_file))
        columns = relation.columns
        return [dict(zip(columns, row, strict=True)) for row in relation.fetchall()]


@pytest.fixture(scope="session")
def tracks(calls: list[Call]) -> dict[str, Call]:
    """The track calls by messageId, their properties parsed with exact numbers."""
    return {
        call["messageId"]: call | {"properties": json.loads(call["properties"], parse_float=Decimal)}
        for call in calls
        if call["type"] == "track"
    }


@pytest.fixture(scope="session")
def invoices() -> dict[str, Invoice]:
    """All invoices of the source by number."""
    found: dict[str, Invoice] = {}
    query = """
        select InvoiceNo, CustomerID, Country, InvoiceDate, StockCode, Description, Quantity, UnitPrice
        from read_parquet($source, file_row_number = true)
        order by file_row_number
    """
    with duckdb.connect() as connection:
        rows = connection.execute(query, {"source": str(SOURCE)}).fetchall()
    for number, customer, country, invoiced_at, code, description, quantity, price in rows:
        invoice = found.setdefault(number, Invoice(number, customer, country))
        invoice.lines.append((code, description, quantity, Decimal(str(price))))
        invoice.times.append(invoiced_at)
    return found


@pytest.fixture(scope="session")
def expected(invoices: dict[str, Invoice]) -> dict[str, Invoice]:
    """The invoices that become calls, by messageId."""
    return {invoice.message_id: invoice for invoice in invoices.values() if not invoice.is_left_out}


def test_the_source_is_the_complete_data_set(invoices: dict[str, Invoice]) -> None:
    assert sum(len(invoice.lines) for invoice in invoices.values()) == 541_909
    assert len(invoices) == 25_900
    assert sum(invoice.is_left_out for invoice in invoices.values()) == 3 + 1_336


def test_each_invoice_that_is_not_left_out_is_one_order_or_one_refund(
    calls: list[Call], tracks: dict[str, Call], expected: dict[str, Invoice]
) -> None:
    events = Counter(call["event"] for call in calls if call["type"] == "track")
    assert events == {"Order Completed": 20_725, "Order Refunded": 3_836}
    assert tracks.keys() == expected.keys()
    for message_id, call in tracks.items():
        assert call["event"] == ("Order Refunded" if expected[message_id].is_refund else "Order Completed")
        assert call["properties"]["order_id"] == expected[message_id].number


def test_no_message_id_is_sent_twice(calls: list[Call]) -> None:
    assert len({call["messageId"] for call in calls}) == len(calls)


def test_calls_are_in_the_order_of_timestamp_and_message_id(calls: list[Call]) -> None:
    keys = [(call["timestamp"], call["messageId"]) for call in calls]
    assert keys == sorted(keys)


def test_the_time_of_a_call_is_the_first_of_its_invoice_in_utc(tracks: dict[str, Call], expected: dict[str, Invoice]) -> None:
    assert sum(len(set(invoice.times)) == 2 for invoice in expected.values()) == 43
    assert {message_id: call["timestamp"] for message_id, call in tracks.items()} == {
        message_id: invoice.invoiced_at for message_id, invoice in expected.items()
    }


def test_revenue_is_the_sum_of_all_lines_to_the_penny(tracks: dict[str, Call], expected: dict[str, Invoice]) -> None:
    revenue = {message_id: Decimal(call["properties"]["revenue"]) for message_id, call in tracks.items()}
    assert revenue == {message_id: invoice.revenue for message_id, invoice in expected.items()}
    # The whole file less the three bad-debt adjustments; four tenths of a penny are lost to rounding.
    net = sum(-amount if expected[message_id].is_refund else amount for message_id, amount in revenue.items())
    with duckdb.connect() as connection:
        total = connection.execute(
            "select sum(Quantity * UnitPrice::decimal(12, 3)) from read_parquet(?) where InvoiceNo not like 'A%'", [str(SOURCE)]
        ).fetchall()[0][0]
    assert abs(net - total) <= Decimal("0.004")


def test_products_are_the_lines_of_the_invoice_in_order_with_positive_quantities(
    tracks: dict[str, Call], expected: dict[str, Invoice]
) -> None:
    for message_id, call in tracks.items():
        products = call["properties"]["products"]
        assert [(each["sku"], each["name"], each["quantity"], each["price"]) for each in products] == [
            (code, description, abs(quantity), price) for code, description, quantity, price in expected[message_id].lines
        ]


def test_country_and_currency_stand_on_each_order_and_refund(tracks: dict[str, Call], expected: dict[str, Invoice]) -> None:
    for message_id, call in tracks.items():
        assert call["properties"]["currency"] == "GBP"
        assert call["properties"]["country"] == expected[message_id].country


def test_invoices_without_a_customer_are_anonymous_and_carry_no_user_id(
    tracks: dict[str, Call], expected: dict[str, Invoice]
) -> None:
    for message_id, call in tracks.items():
        invoice = expected[message_id]
        if invoice.customer is None:
            assert (call["userId"], call["anonymousId"]) == (None, f"invoice-{invoice.number}")
        else:
            assert (call["userId"], call["anonymousId"]) == (str(invoice.customer), None)


def test_text_columns_are_json_objects(calls: list[Call]) -> None:
    for call in calls:
        filled, empty = ("properties", "traits") if call["type"] == "track" else ("traits", "properties")
        assert isinstance(json.loads(call[filled]), dict)
        assert call[empty] is None
        assert json.loads(call["context"]) == {}


def test_each_customer_is_identified_whenever_its_traits_change(calls: list[Call], expected: dict[str, Invoice]) -> None:
    by_customer: dict[str, list[Invoice]] = defaultdict(list)
    for invoice in expected.values():
        if invoice.customer is not None:
            by_customer[str(invoice.customer)].append(invoice)

    identifies: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        if call["type"] == "identify":
            identifies[call["userId"]].append(call)

    assert len(identifies) == 4_372
    assert identifies.keys() == by_customer.keys()
    for customer, sent in identifies.items():
        assert [call["messageId"] for call in sent] == [
            f"customer-{customer}" + (f"-{number}" if number > 1 else "") for number in range(1, len(sent) + 1)
        ]
        assert [(call["timestamp"], json.loads(call["traits"])) for call in sent] == traits_over_time(by_customer[customer])


def traits_over_time(invoices: list[Invoice]) -> list[tuple[datetime, dict[str, str]]]:
    """The traits of one customer each time they change, from its invoices."""
    after_minute: dict[datetime, dict[str, str]] = {}
    traits: dict[str, str] = {}
    for invoice in sorted(invoices, key=lambda each: (each.invoiced_at, each.number)):
        traits = traits | {"country": invoice.country}
        if not invoice.is_refund:
            traits.setdefault("first_order_at", f"{invoice.invoiced_at.isoformat()}Z")
        after_minute[invoice.invoiced_at] = traits
    changes: list[tuple[datetime, dict[str, str]]] = []
    for changed_at, known in after_minute.items():
        if not changes or changes[-1][1] != known:
            changes.append((changed_at, known))
    return changes


def test_as_of_is_after_the_last_call(calls: list[Call]) -> None:
    as_of = datetime.fromisoformat((SAMPLE / "as_of").read_text().strip())
    assert as_of == datetime(2011, 12, 10, tzinfo=UTC)
    assert calls[-1]["timestamp"].replace(tzinfo=UTC) < as_of


def test_a_conversion_is_skipped_until_its_output_is_older_than_the_data(tmp_path: Path) -> None:
    output = tmp_path / "calls.parquet"
    assert "20,725 Order Completed" in run_conversion(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["calls.parquet"]

    assert "nothing to do" in run_conversion(tmp_path)

    os.utime(output, (0, 0))
    assert "20,725 Order Completed" in run_conversion(tmp_path)
    assert output.stat().st_mtime > 0


def test_non_goods_are_stock_codes_of_the_data(invoices: dict[str, Invoice]) -> None:
    in_data = {code for invoice in invoices.values() for code, _, _, _ in invoice.lines}
    with duckdb.connect() as connection:
        codes = [code for (code,) in connection.read_csv(str(ROOT / "seeds" / "non_goods.csv")).project("code").fetchall()]
    assert len(codes) == len(set(codes)) == 17
    assert set(codes) <= in_data
