{{ config(materialized='replaced_view') }}

{{ dbt_audiences.warehouse_schema_calls(var('audiences_segment_schema')) }}
