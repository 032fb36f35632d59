{{ config(materialized='replaced_view') }}

{{ dbt_audiences.staged_events(ref('dbt_audiences', 'stg_calls')) }}
