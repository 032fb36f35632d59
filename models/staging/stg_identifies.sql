{{ config(materialized='replaced_view') }}

{{ dbt_audiences.staged_identifies(ref('dbt_audiences', 'stg_calls')) }}
