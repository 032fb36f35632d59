{#-
  A column compared with another one, such as a trait's or the parent event's. Null, and so not true, where either is missing.

  operator  equals, not_equals, lt, lte, gt, gte, before, after, contains, not_contains, starts_with, ends_with; and one_of, none_of,
            contains_any, for which `right` is a list of values
  type      of both: number, text or instant; texts are ordered by code point
-#}
{% macro compared_columns(left, operator, right, type, ignore_case=false) -%}
    {%- if operator in ('one_of', 'none_of', 'contains_any') -%}
        {{ return(dbt_audiences._compared_with_list(left, operator, right, ignore_case)) }}
    {%- endif -%}
    {%- set one, other = left, right -%}
    {%- if ignore_case -%}
        {%- set one, other = dbt_audiences.case_ignored(left), dbt_audiences.case_ignored(right) -%}
    {%- endif -%}
    {%- set signs = {
        'equals': '=', 'not_equals': '<>', 'lt': '<', 'lte': '<=', 'gt': '>', 'gte': '>=', 'before': '<', 'after': '>'
    } -%}
    {%- if operator in signs -%}
        {%- if type == 'text' and operator in ('lt', 'lte', 'gt', 'gte') -%}
            {%- set one = dbt_audiences.by_code_point(one) -%}
        {%- endif -%}
        {{ return(one ~ ' ' ~ signs[operator] ~ ' ' ~ other) }}
    {%- endif -%}
    {%- set tests = {
        'contains': 'strpos(' ~ one ~ ', ' ~ other ~ ') > 0',
        'not_contains': 'strpos(' ~ one ~ ', ' ~ other ~ ') = 0',
        'starts_with': 'left(' ~ one ~ ', length(' ~ other ~ ')) = ' ~ other,
        'ends_with': 'right(' ~ one ~ ', length(' ~ other ~ ')) = ' ~ other,
    } -%}
    {%- if operator not in tests -%}
        {{ exceptions.raise_compiler_error('compared_columns(): unknown operator `' ~ operator ~ '`') }}
    {%- endif -%}
    {{ return(tests[operator]) }}
{%- endmacro %}


{% macro _compared_with_list(left, operator, list, ignore_case) -%}
    {%- set one, value = left, 'listed_value' -%}
    {%- if ignore_case -%}
        {%- set one, value = dbt_audiences.case_ignored(left), dbt_audiences.case_ignored(value) -%}
    {%- endif -%}
    {%- if operator == 'contains_any' -%}
        {{ return(dbt_audiences.some_value(list, 'listed_value', 'strpos(' ~ one ~ ', ' ~ value ~ ') > 0')) }}
    {%- endif -%}
    {%- set is_in = dbt_audiences.some_value(list, 'listed_value', value ~ ' = ' ~ one) if ignore_case
        else dbt_audiences.in_list(left, list) -%}
    {%- if operator == 'one_of' -%}{{ return(is_in) }}{%- endif -%}
    {{ return(left ~ ' is not null\nand ' ~ list ~ ' is not null\nand not ' ~ is_in) }}
{%- endmacro %}
