{#-
  When the values of a trait that others are compared with change by time alone.

  values   relation of the trait's values
  timed    whether its values have a `changes_at` of their own
  shape    profile_id, changes_at; one row for each profile with a value
-#}
{% macro trait_turning(values, timed=false) -%}
    {%- set instants = [dbt_audiences.later_than_as_of('valid_from')] + (['changes_at'] if timed else []) -%}
    select
        profile_id,
        {{ dbt_audiences.laid_out('min(', [dbt_audiences.earliest(instants)], ')') | indent(8) }} as changes_at
    from {{ values }}
    where true {{ dbt_audiences.in_scope(values) }}
    group by profile_id
{%- endmacro %}
