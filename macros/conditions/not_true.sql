{#- A test of one row that must not hold; a test that is null, because a value is missing, does not hold. -#}
{% macro not_true(test) -%}
    {{ return('not ' ~ dbt_audiences.laid_out('coalesce(', [test, 'false'], ')')) }}
{%- endmacro %}
