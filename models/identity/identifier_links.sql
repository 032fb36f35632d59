{{ config(materialized='replaced_table') }}

{%- set identity = dbt_audiences.from_project('audiences_identity')() -%}
{%- set types = dbt_audiences.identifier_types(identity) -%}
{%- set previous = dbt_audiences.normalized_identifier('previous_id', 'anonymous_id', identity) -%}
{%- set previous_blocked = dbt_audiences.blocked_identifier(previous, 'anonymous_id', identity) -%}
{%- set aliases_link = not identity or identity.alias == 'link' %}

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
        '{{ type.name }}' as linked_type,
        {{ type.column }} as linked_value,
        occurred_at
    from {{ ref('dbt_audiences', 'stg_calls') }}
    where
        {{ type.column }} is not null
        {%- if not aliases_link %}
        and (type <> 'alias' or identifier_type = '{{ type.name }}')
        {%- endif %}
{%- endfor %}
{%- if aliases_link %}
    union all
    select
        identifier_type,
        identifier_value,
        'anonymous_id' as linked_type,
        {{ previous }} as linked_value,
        occurred_at
    from {{ ref('dbt_audiences', 'stg_calls') }}
    where
        type = 'alias'
        and {{ previous }} is not null
        and identifier_type is not null
        {{- '\n        and not ' ~ previous_blocked if previous_blocked }}
{%- endif %}
    union all
    select
        type as identifier_type,
        value as identifier_value,
        type as linked_type,
        value as linked_value,
        first_seen_at as occurred_at
    from {{ ref('dbt_audiences', 'sql_trait_identifiers') }}
    where
        type <> 'group_id'
{%- for type in types %}
    {%- set blocked = dbt_audiences.blocked_identifier('value', type.name, identity) %}
        {{- "\n        and not (type = '" ~ type.name ~ "' and " ~ blocked ~ ')' if blocked }}
{%- endfor %}
)

select
    identifier_type,
    identifier_value,
    linked_type,
    linked_value,
    min(occurred_at) as first_seen_at
from named
group by identifier_type, identifier_value, linked_type, linked_value
