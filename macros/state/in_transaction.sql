{#- Statements that must hold together; dbt opens the transaction of a `statement` on the engines that it knows to have one. -#}
{% macro in_transaction(statements) -%}
    {{ return(statements) }}
{%- endmacro %}
