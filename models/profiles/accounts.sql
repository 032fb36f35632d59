{{ config(materialized='table') }}

select
    group_id as account_id,
    min(occurred_at) as first_seen_at
from {{ ref('dbt_audiences', 'stg_groups') }}
group by group_id
