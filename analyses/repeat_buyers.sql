-- Counted by hand for the audience of the same name: customers with two orders or more in the last 90 days.
select user_id
from {{ source('audiences_raw', 'calls') }}
where
    event = 'Order Completed'
    and user_id is not null
    and occurred_at between {{ dbt_audiences.as_of() }} - interval '90 days' and {{ dbt_audiences.as_of() }}
group by user_id
having count(distinct message_id) >= 2
