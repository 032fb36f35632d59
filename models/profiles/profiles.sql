{{ config(materialized='tracked_table', meta={'follows': 'profiles'}) }}

-- Brought up to date by {{ ref('dbt_audiences', 'touched_calls') }}
select
    profile_id,
    min(first_seen_at) as first_seen_at,
    count(*) as identifier_count
from {{ ref('dbt_audiences', 'profile_identifiers') }}
/* where the profile is touched */
group by profile_id
