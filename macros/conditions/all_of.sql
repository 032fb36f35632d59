{#- Several tests of one row that must all hold, as SQL, one a line; null counts as false in the end. -#}
{% macro all_of(tests) -%}
    {{ return(tests | join('\nand ')) }}
{%- endmacro %}
