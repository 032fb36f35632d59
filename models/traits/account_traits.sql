{{ config(materialized='replaced_view') }}

{{ dbt_audiences.wide_traits(dbt_audiences.from_project('audiences_wide_traits')(), 'accounts') }}
