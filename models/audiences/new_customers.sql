-- Generated from audiences/new_customers.yml by `audiences compile`. Edit that file.
{{ config(
    materialized='audience',
    schema='audiences',
    tags=['audience', 'welcome'],
    meta={'definition_hash': 'b7ac9c7cccefcb96', 'audience': 'New customers'}
) }}

with

universe as (
    {{ dbt_audiences.eligible_profiles(['user_id', 'email', 'android.idfa', 'ios.idfa']) }}
),

first_order_at_9 as (  -- audiences/new_customers.yml:9
    {{ dbt_audiences.trait(
        values=ref('trait_first_order_at'),
        test=dbt_audiences.relative_to_now('value_instant', 'within_last', [30, 'days']),
        turns=dbt_audiences.relative_changes_at('value_instant', 'within_last', [30, 'days'])
    ) }}
),

evaluated as (
    select
        universe.profile_id,
        universe.first_seen_at <= {{ dbt_audiences.as_of() }}
        and coalesce(first_order_at_9.value, false) as is_member,
        {{ dbt_audiences.earliest([
            'universe.changes_at',
            'first_order_at_9.changes_at',
        ]) | indent(8) }} as changes_at
    from universe
    left join first_order_at_9 using (profile_id)
)

select
    profile_id,
    is_member,
    changes_at
from evaluated
