{#- The id that every change of this run carries: the runner's, else dbt's own. -#}
{% macro run_id() -%}
    {{ return(var('run_id', none) or invocation_id) }}
{%- endmacro %}
