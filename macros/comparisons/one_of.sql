{#- A column that is one of several literals of one type, or with `negated` none of them; a missing value is neither. -#}
{% macro one_of(column, values, type, negated=false) -%}
    {%- if values | length == 0 -%}
        {{ return(column ~ ' is not null' if negated else 'false') }}
    {%- endif -%}
    {%- set literals = [] -%}
    {%- for value in values -%}{%- do literals.append(dbt_audiences.literal(value, type)) -%}{%- endfor -%}
    {{ return(dbt_audiences.filled(column ~ (' not in (' if negated else ' in ('), literals, ')')) }}
{%- endmacro %}
