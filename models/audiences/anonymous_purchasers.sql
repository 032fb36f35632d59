-- Generated from audiences/anonymous_purchasers.yml by `audiences compile`. Edit that file.
{{ config(
    materialized='audience',
    schema='audiences',
    tags=['audience'],
    meta={'definition_hash': '9d7029f229e226a6', 'audience': 'Anonymous purchasers'}
) }}

with

universe as (
    {{ dbt_audiences.eligible_profiles(['anonymous_id']) }}
),

order_completed_10 as (  -- audiences/anonymous_purchasers.yml:10
    {{ dbt_audiences.performed(
        events=[ref('events_order_completed')],
        at_least=1,
        window={'within': [30, 'days']},
        where=dbt_audiences.compared('revenue_number', 'gt', '0', 'number')
    ) }}
),

evaluated as (
    select
        universe.profile_id,
        universe.first_seen_at <= {{ dbt_audiences.as_of() }}
        and coalesce(order_completed_10.value, false) as is_member,
        {{ dbt_audiences.earliest([
            'universe.changes_at',
            'order_completed_10.changes_at',
        ]) | indent(8) }} as changes_at
    from universe
    left join order_completed_10 using (profile_id)
)

select
    profile_id,
    is_member,
    changes_at
from evaluated
