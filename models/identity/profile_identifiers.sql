{{ config(materialized='profile_graph') }}

select
    identifier_type,
    identifier_value,
    linked_type,
    linked_value,
    first_seen_at
from {{ ref('dbt_audiences', 'identifier_links') }}
