{#-
  A text column compared with a list that is a relation of its own; a missing value is neither one of them nor none.

  operator  one_of, none_of, contains_any
  list      relation of the list: value
-#}
{% macro found_in_list(column, operator, list, ignore_case=false) -%}
    {%- set left, value = column, 'listed.value' -%}
    {%- if ignore_case -%}
        {%- set left, value = dbt_audiences.case_ignored(column), dbt_audiences.case_ignored(value) -%}
    {%- endif -%}
    {%- if operator == 'contains_any' -%}
        {{ return('exists (select 1 from ' ~ list ~ ' as listed where strpos(' ~ left ~ ', ' ~ value ~ ') > 0)') }}
    {%- endif -%}
    {%- set rows = '(select ' ~ value ~ ' from ' ~ list ~ ' as listed)' -%}
    {%- if operator == 'none_of' -%}
        {{ return(column ~ ' is not null\nand ' ~ left ~ ' not in ' ~ rows) }}
    {%- endif -%}
    {{ return(left ~ ' in ' ~ rows) }}
{%- endmacro %}
