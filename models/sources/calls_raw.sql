{{ config(materialized='replaced_view') }}

select
{%- for name, type in dbt_audiences.call_columns() %}
    {{ name }}{{ ',' if not loop.last }}
{%- endfor %}
from {{ source('audiences_raw', 'calls') }}
