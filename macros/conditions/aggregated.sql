{#-
  Entities by what a function makes of their events.

  measures  name of a CTE as `measured` gives it
  test      SQL over its `measured` that is true when the condition holds
  turns     a list of SQL for the next instants at which time alone changes `test` for one value
  shape     profile_id, value, changes_at (early: when any row comes or goes); one row for each entity with a row, now or to come
  zero      an entity without one has no row: the caller's default decides
-#}
{% macro aggregated(measures, test, turns=[]) -%}
    select
        profile_id,
        {{ dbt_audiences.laid_out('coalesce(', [test, 'false'], ')') | indent(8) }} as value,
        {{ (dbt_audiences.earliest(['changes_at'] + turns) | indent(8) ~ ' as ') if turns }}changes_at
    from {{ measures }}
{%- endmacro %}
