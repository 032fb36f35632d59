{#- A text column in which a pattern of the portable dialect occurs. -#}
{% macro matches(column, pattern) -%}
    {{ return(dbt_audiences.pattern_found(column, pattern)) }}
{%- endmacro %}
