{{ config(materialized='replaced_view') }}

{%- set properties = "coalesce(cast(properties as " ~ dbt.type_string() ~ "), '{}')" %}

-- A page is the event `Page Viewed` with its name as `page_name`, a screen `Screen Viewed` with `screen_name`.
select
    message_id,
    case type when 'page' then 'Page Viewed' when 'screen' then 'Screen Viewed' else event end as event,
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
from {{ ref('dbt_audiences', 'stg_calls') }}
where
    type in ('track', 'page', 'screen')
    and identifier_type is not null
