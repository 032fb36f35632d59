-- Counted by hand for the audience of the same name: customers whose last order is older than 180 days.
select user_id
from {{ source('audiences_raw', 'calls') }}
where
    event = 'Order Completed'
    and user_id is not null
    and occurred_at <= {{ dbt_audiences.as_of() }}
group by user_id
having max(occurred_at) < {{ dbt_audiences.as_of() }} - interval '180 days'
