"""Turns the invoice lines of Online Retail into calls as an event collector would have sent them.

    python samples/online_retail/convert.py OUTPUT_DIR

OUTPUT_DIR/calls.parquet holds one row a call, in the order of timestamp and messageId. README.md says what each is made of.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import duckdb

HERE = Path(__file__).resolve().parent
SOURCE = HERE / "online_retail.parquet"

# The times of the source carry no zone: they are taken as UTC.
INVOICES = """
create temp table invoices as
select
    InvoiceNo as invoice_no,
    starts_with(InvoiceNo, 'C') as is_refund,
    min(InvoiceDate) as invoiced_at,
    cast(any_value(CustomerID) as varchar) as customer_id,
    any_value(Country) as country,
    cast(round(abs(sum(Quantity * cast(UnitPrice as decimal(12, 3)))), 2) as decimal(18, 2)) as revenue,
    list(
        {'sku': StockCode, 'name': Description, 'price': UnitPrice, 'quantity': abs(Quantity)}
        order by file_row_number
    ) as products
from read_parquet($source, file_row_number = true)
where not starts_with(InvoiceNo, 'A')
group by InvoiceNo
having is_refund or bool_or(Quantity > 0)
"""

# A customer is identified anew when what is known of it changes, and never told of an order that is still to come.
# Of several invoices in one minute the last number speaks, so that no two identifies of a customer share a time.
IDENTIFIES = """
create temp table identifies as
with

known as (
    select
        customer_id,
        invoiced_at,
        invoice_no,
        country,
        min(invoiced_at) filter (not is_refund) over (
            partition by customer_id
            order by invoiced_at
        ) as first_order_at
    from invoices
    where customer_id is not null
    qualify row_number() over (partition by customer_id, invoiced_at order by invoice_no desc) = 1
),

changed as (
    select *
    from known
    window by_time as (partition by customer_id order by invoiced_at)
    qualify
        row_number() over by_time = 1
        or country is distinct from lag(country) over by_time
        or first_order_at is distinct from lag(first_order_at) over by_time
)

select
    customer_id,
    invoiced_at as identified_at,
    country,
    first_order_at,
    row_number() over (partition by customer_id order by invoiced_at) as number
from changed
"""

CALLS = """
create temp table calls as
select
    'track' as "type",
    if(is_refund, 'refund-', 'order-') || invoice_no as "messageId",
    invoiced_at as "timestamp",
    customer_id as "userId",
    if(customer_id is null, 'invoice-' || invoice_no, null) as "anonymousId",
    if(is_refund, 'Order Refunded', 'Order Completed') as "event",
    cast(to_json({
        'order_id': invoice_no,
        'revenue': revenue,
        'currency': 'GBP',
        'country': country,
        'products': products
    }) as varchar) as "properties",
    cast(null as varchar) as "traits",
    '{}' as "context"
from invoices

union all

select
    'identify',
    'customer-' || customer_id || if(number = 1, '', '-' || number),
    identified_at,
    customer_id,
    null,
    null,
    null,
    cast(
        if(
            first_order_at is null,
            to_json({'country': country}),
            to_json({'country': country, 'first_order_at': strftime(first_order_at, '%Y-%m-%dT%H:%M:%SZ')})
        ) as varchar
    ),
    '{}'
from identifies
"""

COUNTS = """
select coalesce("event", "type") as call, count(*) as call_count
from calls
group by all
order by call
"""


def is_current(output: Path) -> bool:
    """Whether the output was made after the last change of the data and of this script."""
    if not output.exists():
        return False
    return output.stat().st_mtime > max(SOURCE.stat().st_mtime, Path(__file__).stat().st_mtime)


def convert(output: Path) -> dict[str, int]:
    """Writes the calls and gives their number by event (or by type, where a call has no event).

    The file is written beside its place and renamed, so that a broken run leaves no half of it there.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        with duckdb.connect() as connection:
            connection.execute(INVOICES, {"source": str(SOURCE)})
            connection.execute(IDENTIFIES)
            connection.execute(CALLS)
            calls = connection.sql('select * from calls order by "timestamp", "messageId"')
            calls.write_parquet(str(partial), compression="zstd")
            counts = connection.execute(COUNTS).fetchall()
        os.replace(partial, output)
    finally:
        partial.unlink(missing_ok=True)
    return dict(counts)


def main() -> None:
    parser = argparse.ArgumentParser(description="Turn the invoice lines of Online Retail into calls.")
    parser.add_argument("output_dir", type=Path, metavar="OUTPUT_DIR")
    output = parser.parse_args().output_dir / "calls.parquet"
    if is_current(output):
        print(f"{output} is newer than the data and the script: nothing to do", file=sys.stderr)
        return
    counts = convert(output)
    for call, call_count in counts.items():
        print(f"{call_count:>8,} {call}", file=sys.stderr)
    print(f"{sum(counts.values()):>8,} calls in {output}", file=sys.stderr)


if __name__ == "__main__":
    main()
