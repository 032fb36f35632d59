{#-
  The events of one step of a sequence, up to as_of.

  events     relations of narrow event tables
  columns    the typed columns to keep
  where      SQL over the table's columns that an event must satisfy, or none
  windows    windows (see `window_bounds`) of which only what drops events for good is taken
  names      SQL for the event's name in each relation, where a step has several; none keeps no name
  pruned_by  the name of a CTE: only profiles that are in it can hold
  shape      profile_id, occurred_at, message_id, the columns, event (where names are given)
-#}
{% macro step_rows(events, columns=[], where=none, windows=[], names=none, pruned_by=none) -%}
    {%- set filters = ['occurred_at <= ' ~ dbt_audiences.as_of()] -%}
    {%- for window in windows -%}{%- do filters.extend(dbt_audiences.window_bounds(window)['filters']) -%}{%- endfor -%}
    {%- if where -%}{%- do filters.append(where) -%}{%- endif -%}
    {%- if pruned_by -%}{%- do filters.append('profile_id in (select ' ~ pruned_by ~ '.profile_id from ' ~ pruned_by ~ ')') -%}{%- endif -%}
    {%- for table in events %}
    {{- '\n    union all\n    ' if not loop.first }}select
        {{ (['profile_id', 'occurred_at', 'message_id'] + columns) | join(',\n        ') }}
        {%- if names %},
        {{ names[loop.index0] }} as event
        {%- endif %}
    from {{ table }}
    where
        {{ filters | join('\nand ') | indent(8) }}
        {{ dbt_audiences.in_scope(table) }}
    {%- endfor %}
{%- endmacro %}
