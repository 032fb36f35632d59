{#- Track, page and screen calls as events: a page is the event `Page Viewed` with its name as `page_name`, a screen `Screen Viewed`. -#}
{% macro staged_events(calls) -%}
    {%- set properties = "coalesce(cast(properties as " ~ dbt.type_string() ~ "), '{}')" -%}
select
    message_id,
    {{ dbt_audiences.event_of_call() }} as event,
    occurred_at,
    received_at,
    identifier_type,
    identifier_value,
    coalesce(group_id, nullif({{ dbt_audiences.typed_value('context', ['groupId'], 'text') }}, '')) as group_id,
    case
        when type = 'track' or name is null then properties
        when {{ dbt_audiences.json_text_at('properties', ['page_name']) }} is not null and type = 'page' then properties
        when {{ dbt_audiences.json_text_at('properties', ['screen_name']) }} is not null and type = 'screen' then properties
        else cast(
            '{"' || type || '_name":' || {{ dbt_audiences.json_quoted('name') }}
            || case {{ properties }} when '{}' then '}' else ',' || substr({{ properties }}, 2) end
            as {{ dbt_audiences.json_type() }}
        )
    end as properties,
    context,
    source,
    loaded_at
from {{ calls }}
where
    type in ('track', 'page', 'screen')
    and identifier_type is not null
{%- endmacro %}


{#- SQL: the event that a call is. -#}
{% macro event_of_call() -%}
    {{ return("case type when 'page' then 'Page Viewed' when 'screen' then 'Screen Viewed' else event end") }}
{%- endmacro %}


{#- Identify calls that carry traits. -#}
{% macro staged_identifies(calls) -%}
select
    message_id,
    occurred_at,
    received_at,
    identifier_type,
    identifier_value,
    traits,
    loaded_at
from {{ calls }}
where
    type = 'identify'
    and identifier_type is not null
    and traits is not null
{%- endmacro %}


{#- Group calls. -#}
{% macro staged_groups(calls) -%}
select
    message_id,
    occurred_at,
    received_at,
    identifier_type,
    identifier_value,
    group_id,
    traits,
    loaded_at
from {{ calls }}
where
    type = 'group'
    and group_id is not null
{%- endmacro %}
