{{ config(materialized='staged_calls') }}


{%- set identity = dbt_audiences.from_project('audiences_identity')() -%}
{%- set types = dbt_audiences.identifier_types(identity) -%}
{%- set paths = dbt_audiences.identifier_paths(types) -%}
{%- set previous = dbt_audiences.normalized_identifier('described.previous_id', 'anonymous_id', identity) -%}
{%- set blocks = identity and (identity.blocked or identity.blocked_patterns) %}
{%- set salt = dbt_audiences.suppression_salt() %}
{%- set last = 'allowed' if blocks else 'identified' %}

{#- The copy of a message that was loaded first counts; only messages that came twice are sorted for it. -#}
with

calls as (
    select * from {{ ref('dbt_audiences', 'calls_raw') }}
    /* where the call is new */
    union all
    select * from {{ ref('dbt_audiences', 'calls_segment') }}
    union all
    select * from {{ ref('dbt_audiences', 'calls_rudderstack') }}
    union all
    select * from {{ ref('dbt_audiences', 'calls_declared') }}
),

repeated as (
    select message_id
    from calls
    group by message_id
    having count(*) > 1
),

numbered as (
    select
        calls.*,
        row_number() over (
            partition by calls.message_id
            order by
                calls.loaded_at,
                {{ dbt_audiences.by_code_point('calls.source') }},
                calls.occurred_at,
                {{ dbt_audiences.by_code_point('cast(calls.properties as ' ~ dbt.type_string() ~ ')') }}
        ) as copy
    from calls
    where calls.message_id in (select repeated.message_id from repeated)
),

once as (
    select
        calls.*,
        1 as copy
    from calls
    where
        not exists (
            select 1
            from repeated
            where repeated.message_id = calls.message_id
        )
    union all
    select *
    from numbered
    where copy = 1
),

opened as (
    select
        once.*,
        {{ dbt_audiences.json_texts_at('once.context', paths.context) }} as context_texts,
    {%- if paths.properties %}
        {{ dbt_audiences.json_texts_at('once.properties', paths.properties) }} as property_texts,
    {%- endif %}
        case
            when once.type <> 'group' then {{ dbt_audiences.json_texts_at('once.traits', paths.traits) }}
        end as trait_texts
    from once
    where
        once.occurred_at is not null
        /* and its message is new */
    {{- dbt_audiences.computed_once() }}
),

described as (
    select
        opened.*,
        {{ dbt_audiences.lowered('opened.context_texts[' ~ (paths.context.index(['device', 'type']) + 1) ~ ']') }} as device_type
    from opened
    {{- dbt_audiences.computed_once() }}
),

identified as (
    select
    {%- for type in types %}
    {%- set said = dbt_audiences.call_identifier('described', type, paths) %}
        {{ dbt_audiences.normalized_identifier(said, type.name, identity) }} as {{ type.column }},
    {%- endfor %}
        described.message_id,
        described.type,
        described.occurred_at,
        described.received_at,
        described.event,
        described.name,
        nullif(described.group_id, '') as group_id,
        case when described.type = 'alias' then {{ previous }} end as previous_id,
        described.properties,
        described.traits,
        described.context,
        coalesce({{ 'described.context_texts[' ~ (paths.context.index(['source']) + 1) ~ ']' }}, described.source) as source,
        described.loaded_at
    from described
    {{- dbt_audiences.computed_once() }}
){{ ',' if blocks or salt }}

{% if blocks -%}
allowed as (
    select
    {%- for type in types %}
        {{ dbt_audiences.allowed_identifier('identified.' ~ type.column, type.name, identity) }} as {{ type.column }},
    {%- endfor %}
    {%- for type in types if type.is_blocked %}
        identified.{{ type.column }} as said_{{ type.column }},
    {%- endfor %}
        identified.previous_id as said_previous_id,
        identified.message_id,
        identified.type,
        identified.occurred_at,
        identified.received_at,
        identified.event,
        identified.name,
        identified.group_id,
        {{ dbt_audiences.allowed_identifier('identified.previous_id', 'anonymous_id', identity) }} as previous_id,
        identified.properties,
        identified.traits,
        identified.context,
        identified.source,
        identified.loaded_at
    from identified
    {{- dbt_audiences.computed_once() }}
){{ ',' if salt }}

{% endif -%}
{% if salt -%}
{{ dbt_audiences.spared_calls(last, types, salt) }}

{% endif -%}
select
    message_id,
    type,
    occurred_at,
    received_at,
    event,
    name,
{%- for type in types %}
    {{ type.column }},
{%- endfor %}
    group_id,
    previous_id,
{%- for type in types if type.is_blocked %}
    case when {{ type.column }} is null then said_{{ type.column }} end as blocked_{{ type.column }},
{%- endfor %}
{%- if blocks %}
    case when previous_id is null then said_previous_id end as blocked_previous_id,
{%- endif %}
    case
    {%- for type in types %}
        when {{ type.column }} is not null then '{{ type.name }}'
    {%- endfor %}
    end as identifier_type,
    coalesce(
    {%- for type in types %}
        {{ type.column }}{{ ',' if not loop.last }}
    {%- endfor %}
    ) as identifier_value,
    properties,
    traits,
    context,
    source,
    loaded_at
from {{ 'spared' if salt else last }}
