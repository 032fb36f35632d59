{#- How often a child's event is counted: the sum of those tests that hold, each with its sign. `terms` are pairs of sign and SQL. -#}
{% macro step_weight(terms) -%}
    {%- set parts = [] -%}
    {%- for sign, test in terms -%}
        {%- do parts.append(('- ' if sign < 0 else '+ ' if parts else '') ~ dbt_audiences.one_if(test)) -%}
    {%- endfor -%}
    {{ return(parts | join('\n')) }}
{%- endmacro %}


{#- Whether there is a value. -#}
{% macro known(value) -%}
    {{ return(value ~ ' is not null') }}
{%- endmacro %}
