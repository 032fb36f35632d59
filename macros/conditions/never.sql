{#- An instant that never comes. -#}
{% macro never() -%}
    {{ return('cast(null as timestamp)') }}
{%- endmacro %}
