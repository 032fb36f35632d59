{#- A list with the next instant at which a test of one item changes for any of them; `turns` are those of one item. -#}
{% macro item_changes_at(items, item, fields, turns) -%}
    {{ return([dbt_audiences.earliest_of_items(items, item, fields, turns)]) }}
{%- endmacro %}
