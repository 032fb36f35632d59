{#-
  The events that a computed trait, or a measure of a condition, is made of, now and to come.

  events    relations of narrow event tables
  columns   the typed columns to keep
  window    see `window_bounds`; none is ever
  where     SQL over the table's columns that an event must satisfy, or none
  turns     where that test compares with as_of: SQL for the next instants at which it changes for an event, or none
  needs     a column without which an event does not matter, or none
  shape     profile_id, occurred_at, message_id, the columns, is_current, changes_at (the next instant at which time alone makes it
            otherwise); one row for each event that is or may come to be current
-#}
{% macro trait_rows(events, columns=[], window=none, where=none, turns=none, needs=none) -%}
    {%- set bounds = dbt_audiences.window_bounds(window or {}) -%}
    {%- set filters = bounds['filters'] + ([where] if where and not turns else []) -%}
    {%- if needs -%}{%- do filters.append(needs ~ ' is not null') -%}{%- endif -%}
    {%- set enters = bounds['enters_at'] -%}
    {%- set is_in = [enters ~ ' <= ' ~ dbt_audiences.as_of()] + (['coalesce(' ~ where ~ ', false)'] if where and turns else []) -%}
    {%- set instants = [dbt_audiences.later_than_as_of(enters)] + ([bounds['leaves_at']] if bounds['leaves_at'] else []) + (turns or []) -%}
    {%- for table in events %}
    {{ 'union all\n    ' if not loop.first }}select
        profile_id,
        occurred_at,
        message_id,
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        {{ is_in | join('\nand ') | indent(8) }} as is_current,
        {{ dbt_audiences.earliest(instants) | indent(8) }} as changes_at
    from {{ table }}
    where
        {{ (filters or ['true']) | join('\nand ') | indent(8) }}
        {{ dbt_audiences.in_scope(table) }}
    {%- endfor %}
{%- endmacro %}
