{#- A model's schema is exactly the one it asks for, so that an audience is the table `audiences.<key>`. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
