{{ config(materialized='state_table') }}

{{ dbt_audiences.state_query() }}
