{{ config(materialized='state_table', schema='audiences_build') }}

{{ dbt_audiences.state_query() }}
