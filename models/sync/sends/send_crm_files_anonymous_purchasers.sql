-- Generated from audiences/anonymous_purchasers.yml by `audiences compile`. Edit that file.
{{ config(materialized='send', schema='audiences_build') }}

{{ dbt_audiences.desired_identifiers(
    audience=ref('anonymous_purchasers'),
    identifiers=[['anonymous_id', 'last']]
) }}
