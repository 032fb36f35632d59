-- Generated from audiences/new_customers.yml by `audiences compile`. Edit that file.
{{ config(materialized='send', schema='audiences_build') }}

{{ dbt_audiences.desired_identifiers(
    audience=ref('new_customers'),
    identifiers=[['user_id', 'last'], ['email', 'last']]
) }}
