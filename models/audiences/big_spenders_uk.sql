-- Generated from audiences/big_spenders_uk.yml by `audiences compile`. Edit that file.
{{ config(
    materialized='audience',
    schema='audiences',
    tags=['audience', 'loyalty'],
    meta={'definition_hash': '35e923a951bbd148', 'audience': 'Big spenders in the United Kingdom'}
) }}

with

universe as (
    {{ dbt_audiences.eligible_profiles(['user_id', 'email', 'android.idfa', 'ios.idfa']) }}
),

order_completed_10 as (  -- audiences/big_spenders_uk.yml:10
    {{ dbt_audiences.performed(
        events=[ref('events_order_completed')],
        at_least=1,
        window={'within': [180, 'days']},
        where=dbt_audiences.compared('revenue_number', 'gte', '1000', 'number')
    ) }}
),

country_14 as (  -- audiences/big_spenders_uk.yml:14
    {{ dbt_audiences.trait(
        values=ref('trait_country'),
        test=dbt_audiences.compared('value_text', 'equals', 'United Kingdom', 'text')
    ) }}
),

evaluated as (
    select
        universe.profile_id,
        universe.first_seen_at <= {{ dbt_audiences.as_of() }}
        and coalesce(order_completed_10.value, false)
        and coalesce(country_14.value, false) as is_member,
        {{ dbt_audiences.earliest([
            'universe.changes_at',
            'order_completed_10.changes_at',
            'country_14.changes_at',
        ]) | indent(8) }} as changes_at
    from universe
    left join order_completed_10 using (profile_id)
    left join country_14 using (profile_id)
)

select
    profile_id,
    is_member,
    changes_at
from evaluated
