-- Counted by hand for the audience of the same name: an order of 1,000 or more within 180 days, and the latest country.
select distinct orders.user_id
from {{ source('audiences_raw', 'calls') }} as orders
where
    orders.event = 'Order Completed'
    and cast(orders.properties ->> 'revenue' as decimal(18, 2)) >= 1000
    and orders.occurred_at between {{ dbt_audiences.as_of() }} - interval '180 days' and {{ dbt_audiences.as_of() }}
    and 'United Kingdom' = (
        select identifies.traits ->> 'country'
        from {{ source('audiences_raw', 'calls') }} as identifies
        where
            identifies.type = 'identify'
            and identifies.user_id = orders.user_id
            and identifies.occurred_at <= {{ dbt_audiences.as_of() }}
        order by identifies.occurred_at desc
        limit 1
    )
