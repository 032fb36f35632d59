{#-
  CTEs that leave out what calls say of suppressed identifiers: `spared` has the columns of `calls`. A call is left out where the first
  identifier that it has is of a person who was forgotten or suppressed, or where nothing but suppressed identifiers is left; all other
  calls lose theirs. Who was suppressed without being forgotten keeps the calls of before.

  calls  name of a CTE with the columns of stg_calls before its identifier is chosen, and `said_<column>` where values may be blocked
  types  as `identifier_types` gives them
  salt   as `suppression_salt` gives it
-#}
{% macro spared_calls(calls, types, salt) -%}
{%- set places = dbt_audiences._suppressible(types) -%}
suppressed_values as (
    {%- for place in places %}
    {{ 'union all' if not loop.first }}
    select
        '{{ place.column }}' as place,
        told.value,
        suppressions.cause,
        suppressions.suppressed_at
    from (select distinct {{ place.column }} as value from {{ calls }} where {{ place.column }} is not null) as told
    inner join {{ dbt_audiences.state_relation('suppressions') }} as suppressions
        on
            suppressions.type = '{{ place.type }}'
            and suppressions.hash = {{ dbt_audiences.suppression_hash("'" ~ place.type ~ "'", 'told.value', salt) }}
    {%- endfor %}
),

suppressed_calls as (
    select
        message_id,
    {%- for place in places %}
        max(case when place = '{{ place.column }}' then 1 end) as has_{{ place.column }},
    {%- endfor %}
        max(case when is_first and cause <> 'removed' then 1 end) as is_left_out
    from (
    {%- for place in places %}
        {{ 'union all' if not loop.first }}
        select
            calls.message_id,
            suppressed_values.place,
            suppressed_values.cause,
            {{ place.is_first }} as is_first
        from {{ calls }} as calls
        inner join suppressed_values
            on
                suppressed_values.place = '{{ place.column }}'
                and suppressed_values.value = calls.{{ place.column }}
        where suppressed_values.cause <> 'suppressed' or coalesce(calls.loaded_at, calls.occurred_at) > suppressed_values.suppressed_at
    {%- endfor %}
    ) as found
    group by message_id
),

spared as (
    select
    {%- for place in places %}
        case when suppressed_calls.has_{{ place.column }} is null then calls.{{ place.column }} end as {{ place.column }},
    {%- endfor %}
    {%- for place in places if place.is_blocked %}
        case when suppressed_calls.has_{{ place.column }} is null then calls.said_{{ place.column }} end as said_{{ place.column }},
    {%- endfor %}
    {%- for column in ['message_id', 'type', 'occurred_at', 'received_at', 'event', 'name', 'group_id'] %}
        calls.{{ column }},
    {%- endfor %}
        calls.properties,
        calls.traits,
        calls.context,
        calls.source,
        calls.loaded_at
    from {{ calls }} as calls
    left join suppressed_calls
        on suppressed_calls.message_id = calls.message_id
    where
        suppressed_calls.message_id is null
        or (
            suppressed_calls.is_left_out is null
            and (
            {%- for type in types %}
                {{ 'or ' if not loop.first }}(calls.{{ type.column }} is not null and suppressed_calls.has_{{ type.column }} is null)
            {%- endfor %}
            )
        )
)
{%- endmacro %}


{#- The columns that name somebody, each with its type and whether none before it does. -#}
{% macro _suppressible(types) -%}
    {%- set places, before = [], [] -%}
    {%- for type in types -%}
        {%- do places.append({
            'type': type.name, 'column': type.column, 'is_first': before | join(' and ') or 'true', 'is_blocked': type.is_blocked,
        }) -%}
        {%- do before.append('calls.' ~ type.column ~ ' is null') -%}
    {%- endfor -%}
    {%- set blocks = types | selectattr('is_blocked') | list | length > 0 -%}
    {%- do places.append({'type': 'anonymous_id', 'column': 'previous_id', 'is_first': 'false', 'is_blocked': blocks}) -%}
    {{ return(places) }}
{%- endmacro %}
