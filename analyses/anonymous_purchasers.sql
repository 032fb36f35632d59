-- Counted by hand for the audience of the same name: orders with revenue in the last 30 days by nobody known.
select distinct anonymous_id
from {{ source('audiences_raw', 'calls') }}
where
    event = 'Order Completed'
    and user_id is null
    and cast(properties ->> 'revenue' as decimal(18, 2)) > 0
    and occurred_at between {{ dbt_audiences.as_of() }} - interval '30 days' and {{ dbt_audiences.as_of() }}
