-- Generated from audiences/repeat_buyers.yml by `audiences compile`. Edit that file.
{{ config(materialized='send', schema='audiences_build') }}

{{ dbt_audiences.desired_identifiers(
    audience=ref('repeat_buyers'),
    identifiers=[['user_id', 'last'], ['email', 'last']]
) }}
