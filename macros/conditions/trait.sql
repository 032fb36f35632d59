{#-
  Profiles by a custom trait's value.

  values      relation of the trait's values: profile_id, valid_from, valid_to (null: still), and the typed columns
  test        SQL over those columns that is true when the condition holds
  changes_at  SQL for the next instant at which time alone changes `test` for one value, or none
  shape       profile_id, value, changes_at (also when a value already stored begins later); one row for each profile with a value
  zero        a profile that never had the trait has no row: the caller's default decides
-#}
{% macro trait(values, test, changes_at=none) -%}
    {%- set as_of = dbt_audiences.as_of() -%}
    select
        profile_id,
        max(case when valid_from <= {{ as_of }} and {{ test }} then 1 else 0 end) = 1 as value,
        {{ dbt_audiences.earliest([
            'min(case when valid_from > ' ~ as_of ~ ' then valid_from end)',
            'min(case when valid_from <= ' ~ as_of ~ ' then ' ~ (changes_at or dbt_audiences.never()) ~ ' end)',
        ] if changes_at else ['min(case when valid_from > ' ~ as_of ~ ' then valid_from end)']) }} as changes_at
    from {{ values }}
    where valid_to is null or valid_to > {{ as_of }}
    group by profile_id
{%- endmacro %}
