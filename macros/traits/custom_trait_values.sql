{#-
  The history of one custom trait: which value a profile had, and from when to when.

  name     the trait's name (the first key of its path)
  columns  a list of mappings: `name`, `path` (the keys below the trait), `type`; see `typed_value`
  shape    profile_id, valid_from, valid_to (null: still valid) and the columns; one row for each identify call that says something
           of the trait. The latest by time, then by arrival (none first), then by message is valid; null takes the value away
-#}
{% macro custom_trait_values(name, columns) -%}
    {%- set value = dbt_audiences.json_at('calls.traits', [name]) -%}
select
    profile_identifiers.profile_id,
    calls.occurred_at as valid_from,
    lead(calls.occurred_at) over (
        partition by profile_identifiers.profile_id
        order by
            calls.occurred_at,
            case when calls.received_at is null then 0 else 1 end,
            calls.received_at,
            {{ dbt_audiences.by_code_point('calls.message_id') }}
    ) as valid_to
    {%- for column in columns -%}
    ,
    {{ dbt_audiences.typed_value('calls.traits', [name] + column.path, column.type) }} as {{ column.name }}
    {%- endfor %}
from {{ ref('dbt_audiences', 'stg_identifies') }} as calls
inner join {{ ref('dbt_audiences', 'profile_identifiers') }} as profile_identifiers
    on
        profile_identifiers.type = calls.identifier_type
        and profile_identifiers.value = calls.identifier_value
where {{ value }} is not null
{%- endmacro %}
