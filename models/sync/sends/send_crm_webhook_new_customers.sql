-- Generated from audiences/new_customers.yml by `audiences compile`. Edit that file.
{{ config(materialized='send', schema='audiences_build') }}

{{ dbt_audiences.desired_identifiers(
    audience=ref('new_customers'),
    identifiers=[['user_id', 'last'], ['email', 'last']],
    traits=[['country', 'customer_country'], ['first_order_at', 'first_order_at']]
) }}
