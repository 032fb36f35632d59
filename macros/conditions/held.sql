{#-
  Profiles of whom a custom trait has satisfied a condition for some time, without a break, until as_of.

  since       name of a CTE as `held_since` gives it
  held_for    [count, unit]; months and years step the calendar from the instant at which the condition became true
  missing     whether the condition holds of whoever has no value: it then did so since ever
  shape       profile_id, value, changes_at; one row for each profile that has a value, or will
  zero        a profile that never had the trait has no row: the caller's default decides
-#}
{% macro held(since, held_for, missing=false) -%}
    {%- set held_at = dbt_audiences.shift('since', held_for[0], held_for[1]) -%}
    {%- set held = held_at ~ ' <= ' ~ dbt_audiences.as_of() -%}
    select
        profile_id,
        coalesce(
            is_true
            and {{ 'coalesce(' ~ held ~ ', true)' if missing else held }},
            {{ 'true' if missing else 'false' }}
        ) as value,
        {{ dbt_audiences.earliest([
            'next_at', 'case when is_true then ' ~ dbt_audiences.later_than_as_of(held_at) ~ ' end'
        ]) | indent(8) }} as changes_at
    from {{ since }}
{%- endmacro %}
