{#-
  One narrow table of an event: only the properties that definitions use, typed.

  event    the event's name; none takes every track, page and screen
  columns  a list of mappings: `name`, `path` (list of keys), `type` (see `narrow_value`), `origin` (property, context,
           or call: a column of the call itself)
  with_group_id   whether `group_id` is a column, too: of the account that the event belongs to alone, else null
  shape    profile_id, occurred_at, message_id and the columns; one row for each event; null where the value is missing; and for
           each column that can fail to convert `<column>_odd`, the text of a value that did
-#}
{% macro narrow_events(event=none, columns=[], with_group_id=false) -%}
{{ config(meta=dict(dbt_audiences.can_fail(columns, 'event', event or '*'), follows='calls', event=event)) }}
-- Brought up to date by {{ ref('dbt_audiences', 'touched_calls') }}
select
    profile_identifiers.profile_id,
    events.occurred_at,
    events.message_id
    {%- if with_group_id %},
    events.group_id
    {%- endif %}
    {%- for column in columns -%}
    ,
    {{ dbt_audiences._event_value(column) }} as {{ column.name }}
    {%- endfor %}
    {{- dbt_audiences.unreadable_columns({'property': 'events.properties', 'context': 'events.context'}, columns) }}
from {{ ref('dbt_audiences', 'stg_events') }} as events
inner join {{ ref('dbt_audiences', 'profile_identifiers') }} as profile_identifiers
    on
        profile_identifiers.type = events.identifier_type
        and profile_identifiers.value = events.identifier_value
{%- if event is not none %}
where events.event = {{ dbt_audiences.text_literal(event) }}
{%- endif %}
{%- endmacro %}


{% macro _event_value(column) -%}
    {%- if column.origin == 'call' -%}{{ return('events.' ~ column.path[0]) }}{%- endif -%}
    {{ return(dbt_audiences.narrow_value('events.' ~ ('context' if column.origin == 'context' else 'properties'), column)) }}
{%- endmacro %}
