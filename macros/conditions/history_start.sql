{#-
  From when on events count for an audience whose history is `none`: the as_of of the key's first run, which is this one where there
  was none yet.

  shape   one row: starts_at
-#}
{% macro history_start(key) -%}
    {%- set keys = dbt_audiences.state_relation('keys') if execute -%}
    select coalesce(max(first_run_at), {{ dbt_audiences.as_of() }}) as starts_at
    from {{ keys }}
    where key = {{ dbt_audiences.text_literal(key) }}
{%- endmacro %}
