-- Generated from audiences/refunders.yml by `audiences compile`. Edit that file.
{{ config(
    materialized='audience',
    schema='audiences',
    tags=['audience'],
    meta={'definition_hash': 'b4dead6e529149c6', 'audience': 'Refunders'}
) }}

with

universe as (
    {{ dbt_audiences.eligible_profiles(['user_id', 'email', 'android.idfa', 'ios.idfa']) }}
),

order_refunded_8 as (  -- audiences/refunders.yml:8
    {{ dbt_audiences.performed(
        events=[ref('events_order_refunded')],
        at_least=1,
        window={'within': [90, 'days']}
    ) }}
),

evaluated as (
    select
        universe.profile_id,
        universe.first_seen_at <= {{ dbt_audiences.as_of() }}
        and coalesce(order_refunded_8.value, false) as is_member,
        {{ dbt_audiences.earliest([
            'universe.changes_at',
            'order_refunded_8.changes_at',
        ]) | indent(8) }} as changes_at
    from universe
    left join order_refunded_8 using (profile_id)
)

select
    profile_id,
    is_member,
    changes_at
from evaluated
