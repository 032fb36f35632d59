-- Generated from audiences/one_time_buyers.yml by `audiences compile`. Edit that file.
{{ config(
    materialized='audience',
    schema='audiences',
    tags=['audience', 'win_back'],
    meta={'definition_hash': '684619217fd3fe39', 'audience': 'One-time buyers'}
) }}

with

universe as (
    {{ dbt_audiences.eligible_profiles(['user_id', 'email', 'android.idfa', 'ios.idfa']) }}
),

order_completed_10 as (  -- audiences/one_time_buyers.yml:10
    {{ dbt_audiences.performed(events=[ref('events_order_completed')], at_least=1, at_most=1) }}
),

order_refunded_13 as (  -- audiences/one_time_buyers.yml:13
    {{ dbt_audiences.performed(events=[ref('events_order_refunded')], at_least=1) }}
),

evaluated as (
    select
        universe.profile_id,
        universe.first_seen_at <= {{ dbt_audiences.as_of() }}
        and coalesce(order_completed_10.value, false)
        and not coalesce(order_refunded_13.value, false) as is_member,
        {{ dbt_audiences.earliest([
            'universe.changes_at',
            'order_completed_10.changes_at',
            'order_refunded_13.changes_at',
        ]) | indent(8) }} as changes_at
    from universe
    left join order_completed_10 using (profile_id)
    left join order_refunded_13 using (profile_id)
)

select
    profile_id,
    is_member,
    changes_at
from evaluated
