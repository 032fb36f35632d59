-- Entries minus exits are one for a member and none for everyone else.
with

balances as (
    select
        audience,
        profile_id,
        sum(case change when 'entered' then 1 else -1 end) as balance
    from {{ ref('dbt_audiences', 'membership_changes') }}
    group by audience, profile_id
),

members as (
    select
        audience,
        profile_id
    from {{ ref('dbt_audiences', 'memberships') }}
)

select
    coalesce(balances.audience, members.audience) as audience,
    coalesce(balances.profile_id, members.profile_id) as profile_id
from balances
full join members
    on
        members.audience = balances.audience
        and members.profile_id = balances.profile_id
where coalesce(balances.balance, 0) <> case when members.profile_id is null then 0 else 1 end
