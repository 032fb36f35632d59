-- Generated from audiences/repeat_buyers.yml by `audiences compile`. Edit that file.
{{ config(
    materialized='audience',
    schema='audiences',
    tags=['audience', 'loyalty'],
    meta={'definition_hash': '275110f032cd6916', 'audience': 'Repeat buyers'}
) }}

with

universe as (
    {{ dbt_audiences.eligible_profiles(['user_id', 'email', 'android.idfa', 'ios.idfa']) }}
),

order_completed_9 as (  -- audiences/repeat_buyers.yml:9
    {{ dbt_audiences.performed(
        events=[ref('events_order_completed')],
        at_least=2,
        window={'within': [90, 'days']}
    ) }}
),

evaluated as (
    select
        universe.profile_id,
        universe.first_seen_at <= {{ dbt_audiences.as_of() }}
        and coalesce(order_completed_9.value, false) as is_member,
        {{ dbt_audiences.earliest([
            'universe.changes_at',
            'order_completed_9.changes_at',
        ]) | indent(8) }} as changes_at
    from universe
    left join order_completed_9 using (profile_id)
)

select
    profile_id,
    is_member,
    changes_at
from evaluated
