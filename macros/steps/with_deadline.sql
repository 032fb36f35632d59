{#-
  The first events of sequences with the instant by which all must be complete.

  rows             the name of the CTE of the first events
  complete_within  [count, unit]
-#}
{% macro with_deadline(rows, columns, complete_within) -%}
    select
        {{ (['profile_id', 'occurred_at', 'message_id'] + columns) | join(',\n        ') }},
        {{ dbt_audiences.shift('occurred_at', complete_within[0], complete_within[1]) }} as deadline_at
    from {{ rows }}
{%- endmacro %}
