{{ config(materialized='replaced_view') }}

select
    message_id,
    occurred_at,
    received_at,
    identifier_type,
    identifier_value,
    traits,
    loaded_at
from {{ ref('dbt_audiences', 'stg_calls') }}
where
    type = 'identify'
    and identifier_type is not null
    and traits is not null
