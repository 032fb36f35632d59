{#- A column that is one of several literals of one type, or with `negated` none of them; a missing value is neither. -#}
{% macro one_of(column, values, type, negated=false, ignore_case=false) -%}
    {%- if values | length == 0 -%}
        {{ return(column ~ ' is not null' if negated else 'false') }}
    {%- endif -%}
    {%- set literals = [] -%}
    {%- for value in values -%}
        {%- set literal = dbt_audiences.literal(value, type) -%}
        {%- do literals.append(dbt_audiences.case_ignored(literal) if ignore_case else literal) -%}
    {%- endfor -%}
    {%- set left = dbt_audiences.case_ignored(column) if ignore_case else column -%}
    {{ return(dbt_audiences.filled(left ~ (' not in (' if negated else ' in ('), literals, ')')) }}
{%- endmacro %}
