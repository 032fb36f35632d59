{#-
  One narrow table of an event: only the properties that definitions use, typed.

  event    the event's name; none takes every track, page and screen
  columns  a list of mappings: `name`, `path` (list of keys), `type` (number, text, boolean, instant, presence), `origin`
           (property or context)
  shape    profile_id, occurred_at, message_id and the columns; one row for each event; null where the value is missing
-#}
{% macro narrow_events(event=none, columns=[]) -%}
select
    profile_identifiers.profile_id,
    events.occurred_at,
    events.message_id
    {%- for column in columns -%}
    ,
    {{ dbt_audiences.typed_value('events.' ~ ('context' if column.origin == 'context' else 'properties'), column.path, column.type) }} as {{ column.name }}
    {%- endfor %}
from {{ ref('dbt_audiences', 'stg_events') }} as events
inner join {{ ref('dbt_audiences', 'profile_identifiers') }} as profile_identifiers
    on
        profile_identifiers.type = events.identifier_type
        and profile_identifiers.value = events.identifier_value
{%- if event is not none %}
where events.event = {{ dbt_audiences.text_literal(event) }}
{%- endif %}
{%- endmacro %}
