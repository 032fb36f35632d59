-- Counted by hand for the audience of the same name.
select distinct user_id
from {{ source('audiences_raw', 'calls') }}
where
    event = 'Order Completed'
    and user_id is not null
    and occurred_at between timestamp '2011-01-01 00:00:00' and {{ dbt_audiences.as_of() }}
    and (
        properties ->> 'country' in (
            'France', 'Germany', 'Spain', 'Netherlands', 'Belgium', 'Switzerland', 'Portugal', 'Italy'
        )
        or (
            cast(properties ->> 'revenue' as decimal(18, 2)) >= 5000
            and properties ->> 'country' <> 'United Kingdom'
        )
    )
    and user_id not in (
        select latest.user_id
        from (
            select
                identifies.user_id,
                identifies.traits ->> 'country' as country,
                row_number() over (partition by identifies.user_id order by identifies.occurred_at desc) as nth
            from {{ source('audiences_raw', 'calls') }} as identifies
            where identifies.type = 'identify' and identifies.occurred_at <= {{ dbt_audiences.as_of() }}
        ) as latest
        where latest.nth = 1 and latest.country = 'Channel Islands'
    )
