{{ config(materialized='replaced_view') }}

select
    list,
    type,
    value
from {{ source('audiences_raw', 'list_members') }}
