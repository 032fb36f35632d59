{#-
  A column of a narrow table, read from JSON: a single value, the items of an array, or a list of values.

  column  a mapping: `path`, `type` (see `typed_value`; also items, with `fields`, and numbers, texts, instants: a list of these)
-#}
{% macro narrow_value(json, column, depth=1) -%}
    {%- if column.type == 'items' -%}
        {{ return(dbt_audiences.typed_items(json, column.path, column.fields, depth)) }}
    {%- elif column.type in ('numbers', 'texts', 'instants') -%}
        {{ return(dbt_audiences.typed_list(json, column.path, column.type[:-1])) }}
    {%- endif -%}
    {{ return(dbt_audiences.typed_value(json, column.path, column.type)) }}
{%- endmacro %}
