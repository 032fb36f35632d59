-- Generated from audiences/quiet_regulars.yml by `audiences compile`. Edit that file.
{{ config(materialized='send', schema='audiences_build') }}

{{ dbt_audiences.desired_identifiers(
    audience=ref('quiet_regulars'),
    identifiers=[['user_id', 'last'], ['email', 'last']]
) }}
