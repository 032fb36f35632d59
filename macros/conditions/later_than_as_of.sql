{#- An instant if it is still to come, else null. -#}
{% macro later_than_as_of(instant) -%}
    {{ return('case when ' ~ instant ~ ' > ' ~ dbt_audiences.as_of() ~ ' then ' ~ instant ~ ' end') }}
{%- endmacro %}
