{#-
  Entities by in how many of the last spans of time a measure satisfies.

  measures   name of a CTE as `measured` gives it, grouped by `span` too
  test       SQL over its `measured`
  at_least   in how many spans it must hold
  of_last    how many spans are looked at
  default    whether a span without any event satisfies
  turns      a list of SQL for the next instants at which time alone changes `test` for one value
  shape      profile_id, value, changes_at (early: when any row goes on to another span); one row for each entity with a row
  zero       an entity without one has no row: the caller's default decides
-#}
{% macro regularly(measures, test, at_least, of_last, default=false, turns=[]) -%}
    {%- set holds = dbt_audiences.laid_out('coalesce(', [test, 'false'], ')') -%}
    {%- set wanted = ['span between 0 and ' ~ (of_last - 1), ('not ' if default else '') ~ holds] -%}
    {%- set found = dbt_audiences.laid_out('count(*) filter (', ['where ' ~ wanted[0], wanted[1]], ')', 'and') -%}
    {%- set instants = dbt_audiences.earliest(['changes_at'] + turns) -%}
    select
        profile_id,
        {{ (of_last ~ ' - ' if default) }}{{ found | indent(8) }} >= {{ at_least }} as value,
        {{ dbt_audiences.laid_out('min(', [instants], ')') | indent(8) }} as changes_at
    from {{ measures }}
    group by profile_id
{%- endmacro %}
