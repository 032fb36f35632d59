-- Counted by hand for the audience of the same name: one order ever, no refund.
select user_id
from {{ source('audiences_raw', 'calls') }}
where
    user_id is not null
    and occurred_at <= {{ dbt_audiences.as_of() }}
group by user_id
having
    sum(case when event = 'Order Completed' then 1 else 0 end) = 1
    and sum(case when event = 'Order Refunded' then 1 else 0 end) = 0
