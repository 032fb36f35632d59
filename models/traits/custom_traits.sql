{{ config(materialized='tracked_table', schema='audiences_build', meta={'follows': 'entities'}) }}

-- Brought up to date by {{ ref('dbt_audiences', 'touched_calls') }}
with

said as (
    {{ dbt_audiences.current_custom_traits('users') }}
    union all
    {{ dbt_audiences.current_custom_traits('accounts') }}
)

select
    of,
    profile_id,
    trait,
    value,
    updated_at
from said
where
    newest = 1
    and value <> 'null'
