-- Generated from audiences/continental_customers.yml by `audiences compile`. Edit that file.
{{ config(materialized='send', schema='audiences_build') }}

{{ dbt_audiences.desired_identifiers(
    audience=ref('continental_customers'),
    identifiers=[['user_id', 'last'], ['email', 'last']]
) }}
