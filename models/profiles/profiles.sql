{{ config(materialized='replaced_table') }}

select
    profile_id,
    min(first_seen_at) as first_seen_at,
    count(*) as identifier_count
from {{ ref('dbt_audiences', 'profile_identifiers') }}
group by profile_id
