{#-
  The values of a custom trait, each with whether it satisfies a condition. What another value replaced at the same instant never
  was, and is left out.

  values  relation of the trait's values: profile_id, valid_from, valid_to (null: still), and the typed columns
  test    SQL over those columns
  shape   profile_id, valid_from, valid_to, holds
-#}
{% macro held_values(values, test) -%}
    select
        profile_id,
        valid_from,
        valid_to,
        {{ dbt_audiences.laid_out('coalesce(', [test, 'false'], ')') | indent(8) }} as holds
    from {{ values }}
    where
        coalesce(valid_to > valid_from, true)
        {{ dbt_audiences.in_scope(values) }}
{%- endmacro %}
