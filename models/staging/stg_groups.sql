{{ config(materialized='replaced_view') }}

{{ dbt_audiences.staged_groups(ref('dbt_audiences', 'stg_calls')) }}
