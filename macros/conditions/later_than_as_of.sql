{#- An instant if it is still to come, else null. -#}
{% macro later_than_as_of(instant) -%}
    {%- set as_of = dbt_audiences.as_of() -%}
    {%- set flat = 'case when ' ~ instant ~ ' > ' ~ as_of ~ ' then ' ~ instant ~ ' end' -%}
    {%- if flat | length <= 82 -%}{{ return(flat) }}{%- endif -%}
    {%- set when = ('when ' ~ instant ~ ' > ' ~ as_of) -%}
    {%- if when | length > 72 -%}
        {%- set when = 'when\n        ' ~ instant ~ '\n        > ' ~ as_of -%}
    {%- endif -%}
    {{ return('case\n    ' ~ when ~ '\n        then ' ~ instant ~ '\nend') }}
{%- endmacro %}
