{#- Several tests of one row of which one must hold, as SQL in parentheses. -#}
{% macro any_of(tests) -%}
    {{ return(dbt_audiences.laid_out('(', tests, ')', 'or')) }}
{%- endmacro %}
