{#-
  Profiles by a custom trait's value.

  values      relation of the trait's values: profile_id, valid_from, valid_to (null: still), and the typed columns
  test        SQL over those columns that is true when the condition holds
  turns       a list of SQL for the next instants at which time alone changes `test` for one value
  shape       profile_id, value (null where the first value is still to come), changes_at (also when a value already stored begins
              later); one row for each profile with a value
  zero        a profile that never had the trait has no row: the caller's default decides
-#}
{% macro trait(values, test, turns=[]) -%}
    {%- set as_of = dbt_audiences.as_of() -%}
    {%- set instants = [dbt_audiences.later_than_as_of('valid_from')] + turns -%}
    select
        profile_id,
        {{ dbt_audiences.laid_out('bool_or(', [test], ')') | indent(8) }}
        filter (where valid_from <= {{ as_of }}) as value,
        {{ dbt_audiences.laid_out('min(', [dbt_audiences.earliest(instants)], ')') | indent(8) }} as changes_at
    from {{ values }}
    where coalesce(valid_to > {{ as_of }}, true)
    {{ dbt_audiences.in_scope(values) }}
    group by profile_id
{%- endmacro %}
