{{ config(materialized='tracked_table', meta={'follows': 'profiles'}) }}

{%- set types = dbt_audiences.identifier_types(dbt_audiences.from_project('audiences_identity')()) %}

-- Brought up to date by {{ ref('dbt_audiences', 'touched_calls') }}
select
    profile_id,
    min(first_seen_at) as first_seen_at,
    count(*) as identifier_count,
{%- for type in types %}
    min(case when type = '{{ type.name }}' then first_seen_at end) as {{ dbt_audiences.seen_column(type.name) }}{{ ',' if not loop.last }}
{%- endfor %}
from {{ ref('dbt_audiences', 'profile_identifiers') }}
/* where the profile is touched */
group by profile_id
