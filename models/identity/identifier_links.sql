{{ config(materialized='replaced_table') }}

{%- set types = ['user_id', 'email', 'anonymous_id', 'android.idfa', 'ios.idfa'] -%}
{%- set columns = {'android.idfa': 'android_idfa', 'ios.idfa': 'ios_idfa'} %}

-- Each call ties its first identifier to every one it names, itself included, so that lone identifiers are here too. So are those
-- that only SQL traits have.
with

named as (
{%- for type in types %}
    {%- if not loop.first %}
    union all
    {%- endif %}
    select
        identifier_type,
        identifier_value,
        '{{ type }}' as linked_type,
        {{ columns.get(type, type) }} as linked_value,
        occurred_at
    from {{ ref('dbt_audiences', 'stg_calls') }}
    where {{ columns.get(type, type) }} is not null
{%- endfor %}
    union all
    select
        identifier_type,
        identifier_value,
        'anonymous_id' as linked_type,
        previous_id as linked_value,
        occurred_at
    from {{ ref('dbt_audiences', 'stg_calls') }}
    where
        type = 'alias'
        and previous_id is not null
        and identifier_type is not null
    union all
    select
        type as identifier_type,
        value as identifier_value,
        type as linked_type,
        value as linked_value,
        first_seen_at as occurred_at
    from {{ ref('dbt_audiences', 'sql_trait_identifiers') }}
    where type <> 'group_id'
)

select
    identifier_type,
    identifier_value,
    linked_type,
    linked_value,
    min(occurred_at) as first_seen_at
from named
group by identifier_type, identifier_value, linked_type, linked_value
