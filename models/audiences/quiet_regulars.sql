-- Generated from audiences/quiet_regulars.yml by `audiences compile`. Edit that file.
{{ config(
    materialized='audience',
    schema='audiences',
    tags=['audience', 'win_back'],
    meta={'definition_hash': 'd2a02b559d245ce6', 'audience': 'Quiet regulars'}
) }}

with

universe as (
    {{ dbt_audiences.eligible_profiles(['user_id', 'email', 'android.idfa', 'ios.idfa']) }}
),

order_completed_10 as (  -- audiences/quiet_regulars.yml:10
    {{ dbt_audiences.performed(events=[ref('events_order_completed')], at_least=5) }}
),

order_completed_12 as (  -- audiences/quiet_regulars.yml:12
    {{ dbt_audiences.performed(
        events=[ref('events_order_completed')],
        at_most=0,
        window={'within': [60, 'days']}
    ) }}
),

in_one_time_buyers_14 as (  -- audiences/quiet_regulars.yml:14
    {{ dbt_audiences.in_audience(ref('one_time_buyers')) }}
),

evaluated as (
    select
        universe.profile_id,
        universe.first_seen_at <= {{ dbt_audiences.as_of() }}
        and coalesce(order_completed_10.value, false)
        and coalesce(order_completed_12.value, true)
        and not coalesce(in_one_time_buyers_14.value, false) as is_member,
        {{ dbt_audiences.earliest([
            'universe.changes_at',
            'order_completed_10.changes_at',
            'order_completed_12.changes_at',
            'in_one_time_buyers_14.changes_at',
        ]) | indent(8) }} as changes_at
    from universe
    left join order_completed_10 using (profile_id)
    left join order_completed_12 using (profile_id)
    left join in_one_time_buyers_14 using (profile_id)
)

select
    profile_id,
    is_member,
    changes_at
from evaluated
