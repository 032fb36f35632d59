-- Generated from audiences/refunders.yml by `audiences compile`. Edit that file.
{{ config(materialized='send', schema='audiences_build') }}

{{ dbt_audiences.desired_identifiers(
    audience=ref('refunders'),
    identifiers=[['user_id', 'last'], ['email', 'last']]
) }}
