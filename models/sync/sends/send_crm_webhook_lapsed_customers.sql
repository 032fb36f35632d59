-- Generated from audiences/lapsed_customers.yml by `audiences compile`. Edit that file.
{{ config(materialized='send', schema='audiences_build') }}

{{ dbt_audiences.desired_identifiers(
    audience=ref('lapsed_customers'),
    identifiers=[['user_id', 'last'], ['email', 'last']]
) }}
