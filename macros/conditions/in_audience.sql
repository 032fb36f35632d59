{#-
  Profiles that are in another audience at the same as_of.

  audience  relation of the audience
  shape     profile_id, value (true), changes_at (null: the other audience's own changes tell)
  zero      a profile that is not in it has no row: false
-#}
{% macro in_audience(audience) -%}
    select
        profile_id,
        true as value,
        {{ dbt_audiences.never() }} as changes_at
    from {{ audience }}
    where true {{ dbt_audiences.in_scope(audience) }}
{%- endmacro %}
