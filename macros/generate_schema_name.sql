{#-
  The schema rule. At home a model's schema is the name it asks for, so that `audiences.memberships` is called just that;
  inside another project its own rule decides, or dbt's default.
-#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if project_name == 'dbt_audiences' -%}
        {{ custom_schema_name or target.schema }}
    {%- else -%}
        {%- set root = context.get(project_name) -%}
        {%- if root is not none and root.get('generate_schema_name') is not none -%}
            {{ root['generate_schema_name'](custom_schema_name, node) }}
        {%- else -%}
            {{ dbt.generate_schema_name(custom_schema_name, node) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
