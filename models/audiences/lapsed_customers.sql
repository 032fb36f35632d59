-- Generated from audiences/lapsed_customers.yml by `audiences compile`. Edit that file.
{{ config(
    materialized='audience',
    schema='audiences',
    tags=['audience', 'win_back'],
    meta={'definition_hash': '453c6cbabd62a1d0', 'audience': 'Lapsed customers'}
) }}

with

universe as (
    {{ dbt_audiences.eligible_profiles(['user_id', 'email', 'android.idfa', 'ios.idfa']) }}
),

order_completed_10 as (  -- audiences/lapsed_customers.yml:10
    {{ dbt_audiences.performed(events=[ref('events_order_completed')], at_least=1) }}
),

order_completed_11 as (  -- audiences/lapsed_customers.yml:11
    {{ dbt_audiences.performed(
        events=[ref('events_order_completed')],
        at_most=0,
        window={'within': [180, 'days']}
    ) }}
),

evaluated as (
    select
        universe.profile_id,
        universe.first_seen_at <= {{ dbt_audiences.as_of() }}
        and coalesce(order_completed_10.value, false)
        and coalesce(order_completed_11.value, true) as is_member,
        {{ dbt_audiences.earliest([
            'universe.changes_at',
            'order_completed_10.changes_at',
            'order_completed_11.changes_at',
        ]) | indent(8) }} as changes_at
    from universe
    left join order_completed_10 using (profile_id)
    left join order_completed_11 using (profile_id)
)

select
    profile_id,
    is_member,
    changes_at
from evaluated
