{#- Several tests of one row that must all hold, as SQL; null counts as false in the end. -#}
{% macro all_of(tests) -%}
    {{ return(tests | join('\n        and ')) }}
{%- endmacro %}
