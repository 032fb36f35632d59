{#-
  Profiles by how often they performed an event, or several events counted together.

  events    relations of narrow event tables
  at_least, at_most   bounds of the count, none where not asked; `exactly` is both alike
  columns   the columns that `where` reads, where several tables are read together
  window    see `window_bounds`; none is ever
  where     SQL over the table's columns that an event must satisfy, or none
  turns     where that test compares with as_of: SQL for the next instants at which it changes for an event, or none
  shape     profile_id, value (whether the count is within the bounds), changes_at (the next instant at which time alone makes
            it otherwise, never late); one row for each profile with a matching event, now or to come
  zero      a profile without one has no row: the caller's default decides
-#}
{% macro performed(events, at_least=none, at_most=none, window=none, where=none, columns=[], turns=none) -%}
    {%- set bounds = dbt_audiences.window_bounds(window or {}) -%}
    {%- set filters = bounds['filters'] + ([where] if where and not turns else []) -%}
    {%- set rows = dbt_audiences._event_rows(events, columns, filters) -%}
    {%- if turns -%}
        {{ dbt_audiences._performed_turning(rows, bounds, at_least, at_most, where, turns) }}
    {%- elif at_least == 1 and at_most is none -%}
        {{ dbt_audiences._performed_at_all(rows, bounds) }}
    {%- elif at_most == 0 and at_least is none -%}
        {{ dbt_audiences._performed_at_all(rows, bounds, negated=true) }}
    {%- else -%}
        {{ dbt_audiences._performed_times(rows, bounds, at_least, at_most) }}
    {%- endif -%}
{%- endmacro %}


{#- The `from` and `where` of the events in question, indented for a condition. -#}
{% macro _event_rows(events, columns, filters) -%}
    {%- set from -%}
    {%- if events | length == 1 -%}
        {{ events[0] }}
    {%- else -%}
    (
        {%- for table in events %}
        {{ 'union all ' if not loop.first }}select {{ (['profile_id', 'occurred_at'] + columns) | join(', ') }} from {{ table }}
        {%- endfor %}
    ) as events
    {%- endif -%}
    {%- endset -%}
    {%- set scope = dbt_audiences.in_scope(events[0]) -%}
    {{ return({'from': from, 'where': (filters or (['true'] if scope else [])) | join('\nand ') ~ ('\n' ~ scope if scope)}) }}
{%- endmacro %}
