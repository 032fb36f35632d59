{#- A test that every item satisfies. -#}
{% macro anything() -%}
    {{ return('true') }}
{%- endmacro %}
