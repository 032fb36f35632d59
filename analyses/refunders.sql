-- Counted by hand for the audience of the same name: customers with a refund in the last 90 days.
select distinct user_id
from {{ source('audiences_raw', 'calls') }}
where
    event = 'Order Refunded'
    and user_id is not null
    and occurred_at between {{ dbt_audiences.as_of() }} - interval '90 days' and {{ dbt_audiences.as_of() }}
