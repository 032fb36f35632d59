{{ config(materialized='replaced_view') }}

select
    message_id,
    occurred_at,
    received_at,
    identifier_type,
    identifier_value,
    group_id,
    traits,
    loaded_at
from {{ ref('dbt_audiences', 'stg_calls') }}
where
    type = 'group'
    and group_id is not null
