{#-
  What the generated macro `name` of the project that runs dbt lists (`audiences compile` writes it to macros/audiences_project.sql);
  an empty list where there is none.
-#}
{% macro from_project(name) -%}
    {%- set project = context.get(project_name) -%}
    {%- if project is none or project.get(name) is none -%}{{ return([]) }}{%- endif -%}
    {{ return(project[name]()) }}
{%- endmacro %}
