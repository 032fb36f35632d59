{{ config(materialized='replaced_view') }}

-- Members of account audiences are known by the id of the account alone.
with

sizes as (
    select
        memberships.audience,
        coalesce(keys.of, 'users') as of,
        count(*) as members
    from {{ ref('dbt_audiences', 'memberships') }} as memberships
    left join {{ ref('dbt_audiences', 'keys') }} as keys
        on keys.key = memberships.audience
    group by memberships.audience, coalesce(keys.of, 'users')
),

counted as (
    select
        memberships.audience,
        identifiers.type,
        count(distinct identifiers.profile_id) as profiles,
        count(*) as value_count
    from {{ ref('dbt_audiences', 'memberships') }} as memberships
    inner join {{ ref('dbt_audiences', 'profile_identifiers') }} as identifiers
        on identifiers.profile_id = memberships.profile_id
    group by memberships.audience, identifiers.type
)

select
    sizes.audience,
    counted.type,
    counted.profiles,
    1.0 * counted.profiles / sizes.members as share,
    counted.value_count as values
from sizes
inner join counted
    on counted.audience = sizes.audience
where sizes.of = 'users'
union all
select
    audience,
    'group_id' as type,
    members as profiles,
    1.0 as share,
    members as values
from sizes
where of = 'accounts'
