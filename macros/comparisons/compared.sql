{#-
  A column compared with a literal, for the operators that SQL has a sign for. Null, and so not true, for a missing value.

  operator  equals, not_equals, lt, lte, gt, gte, before, after
  type      of the column and the literal: number, text, boolean or instant; texts are ordered by code point
-#}
{% macro compared(column, operator, value, type, ignore_case=false) -%}
    {%- set signs = {
        'equals': '=', 'not_equals': '<>', 'lt': '<', 'lte': '<=', 'gt': '>', 'gte': '>=', 'before': '<', 'after': '>'
    } -%}
    {%- if operator not in signs -%}
        {{ exceptions.raise_compiler_error('compared(): unknown operator `' ~ operator ~ '`') }}
    {%- endif -%}
    {%- set left, right = column, dbt_audiences.literal(value, type) -%}
    {%- if ignore_case -%}
        {%- set left, right = dbt_audiences.case_ignored(column), dbt_audiences.case_ignored(right) -%}
    {%- endif -%}
    {%- if type == 'text' and operator in ('lt', 'lte', 'gt', 'gte') -%}
        {%- set left = dbt_audiences.by_code_point(left) -%}
    {%- endif -%}
    {{ return(left ~ ' ' ~ signs[operator] ~ ' ' ~ right) }}
{%- endmacro %}
