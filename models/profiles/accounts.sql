{{ config(materialized='guarded_table') }}

with

named as (
    select
        group_id as account_id,
        occurred_at as first_seen_at
    from {{ ref('dbt_audiences', 'stg_groups') }}
    union all
    select
        value as account_id,
        first_seen_at
    from {{ ref('dbt_audiences', 'sql_trait_identifiers') }}
    where type = 'group_id'
)

select
    account_id,
    min(first_seen_at) as first_seen_at
from named
group by account_id
