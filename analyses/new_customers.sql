-- Counted by hand for the audience of the same name, from orders and not from the trait: the first one in the last 30 days.
select user_id
from {{ source('audiences_raw', 'calls') }}
where
    event = 'Order Completed'
    and user_id is not null
    and occurred_at <= {{ dbt_audiences.as_of() }}
group by user_id
having min(occurred_at) >= {{ dbt_audiences.as_of() }} - interval '30 days'
