{#-
  The generated macro `name` of the project that runs dbt (`audiences compile` writes it to macros/audiences_project.sql), or one that
  lists nothing. It is for the model to call it: dbt notes the macros that a model's own text calls, not those that they call, and
  by that note it knows which models to read again when the file has changed.
-#}
{% macro from_project(name) -%}
    {%- set project = context.get(project_name) -%}
    {%- if project is none or project.get(name) is none -%}{{ return(dbt_audiences.nothing_listed) }}{%- endif -%}
    {{ return(project[name]) }}
{%- endmacro %}


{% macro nothing_listed() -%}
    {{ return([]) }}
{%- endmacro %}
