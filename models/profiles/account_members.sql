{{ config(materialized='guarded_table', meta={'follows': 'entities'}) }}

-- Brought up to date by {{ ref('dbt_audiences', 'touched_calls') }}
select
    calls.group_id as account_id,
    profile_identifiers.profile_id,
    min(calls.occurred_at) as first_seen_at
from {{ ref('dbt_audiences', 'stg_groups') }} as calls
inner join {{ ref('dbt_audiences', 'profile_identifiers') }} as profile_identifiers
    on
        profile_identifiers.type = calls.identifier_type
        and profile_identifiers.value = calls.identifier_value
group by calls.group_id, profile_identifiers.profile_id
