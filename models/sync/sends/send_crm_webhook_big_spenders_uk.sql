-- Generated from audiences/big_spenders_uk.yml by `audiences compile`. Edit that file.
{{ config(materialized='send', schema='audiences_build') }}

{{ dbt_audiences.desired_identifiers(
    audience=ref('big_spenders_uk'),
    identifiers=[['user_id', 'last'], ['email', 'last']]
) }}
