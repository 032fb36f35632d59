-- Generated from audiences/continental_customers.yml by `audiences compile`. Edit that file.
{{ config(
    materialized='audience',
    schema='audiences',
    tags=['audience', 'markets'],
    meta={'definition_hash': '6639a1e6957fc368', 'audience': 'Continental customers'}
) }}

with

universe as (
    {{ dbt_audiences.eligible_profiles(['user_id', 'email', 'android.idfa', 'ios.idfa']) }}
),

order_completed_13 as (  -- audiences/continental_customers.yml:13
    {{ dbt_audiences.performed(
        events=[ref('events_order_completed')],
        at_least=1,
        window={'since': '2011-01-01 00:00:00'},
        where=dbt_audiences.one_of(
            'country_text',
            [
                'France',
                'Germany',
                'Spain',
                'Netherlands',
                'Belgium',
                'Switzerland',
                'Portugal',
                'Italy',
            ],
            'text'
        )
    ) }}
),

order_completed_18 as (  -- audiences/continental_customers.yml:18
    {{ dbt_audiences.performed(
        events=[ref('events_order_completed')],
        at_least=1,
        window={'since': '2011-01-01 00:00:00'},
        where=dbt_audiences.all_of(
            [
                dbt_audiences.compared('revenue_number', 'gte', '5000', 'number'),
                dbt_audiences.not_true(
                    dbt_audiences.compared('country_text', 'equals', 'United Kingdom', 'text')
                ),
            ]
        )
    ) }}
),

country_24 as (  -- audiences/continental_customers.yml:24
    {{ dbt_audiences.trait(
        values=ref('trait_country'),
        test=dbt_audiences.compared('value_text', 'equals', 'Channel Islands', 'text')
    ) }}
),

evaluated as (
    select
        universe.profile_id,
        universe.first_seen_at <= {{ dbt_audiences.as_of() }}
        and (
            coalesce(order_completed_13.value, false)
            or coalesce(order_completed_18.value, false)
        )
        and not coalesce(country_24.value, false) as is_member,
        {{ dbt_audiences.earliest([
            'universe.changes_at',
            'order_completed_13.changes_at',
            'order_completed_18.changes_at',
            'country_24.changes_at',
        ]) | indent(8) }} as changes_at
    from universe
    left join order_completed_13 using (profile_id)
    left join order_completed_18 using (profile_id)
    left join country_24 using (profile_id)
)

select
    profile_id,
    is_member,
    changes_at
from evaluated
