-- Counted by hand for the audience of the same name: five orders or more, the last one more than 60 days ago.
select user_id
from {{ source('audiences_raw', 'calls') }}
where
    event = 'Order Completed'
    and user_id is not null
    and occurred_at <= {{ dbt_audiences.as_of() }}
group by user_id
having
    count(*) >= 5
    and max(occurred_at) < {{ dbt_audiences.as_of() }} - interval '60 days'
