{#- A column that is one of several literals of one type, or with `negated` none of them; a missing value is neither. -#}
{% macro one_of(column, values, type, negated=false) -%}
    {%- if values | length == 0 -%}
        {{ return(column ~ ' is not null' if negated else 'false') }}
    {%- endif -%}
    {%- set literals = [] -%}
    {%- for value in values -%}{%- do literals.append(dbt_audiences.literal(value, type)) -%}{%- endfor -%}
    {%- set listed = literals | join(', ') -%}
    {%- if (column ~ listed) | length > 70 -%}
        {%- set listed = '\n            ' ~ literals | join(',\n            ') ~ '\n        ' -%}
    {%- endif -%}
    {{ return(column ~ (' not in (' if negated else ' in (') ~ listed ~ ')') }}
{%- endmacro %}
