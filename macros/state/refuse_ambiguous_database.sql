{#-
  Raises where a schema of this package would be taken for the database itself: DuckDB calls a database after its file, and finds
  `audiences.memberships` ambiguous in audiences.duckdb. Other engines tell the two apart.
-#}
{% macro refuse_ambiguous_database() -%}
    {{ return(adapter.dispatch('refuse_ambiguous_database', 'dbt_audiences')()) }}
{%- endmacro %}


{% macro default__refuse_ambiguous_database() -%}{%- endmacro %}


{% macro duckdb__refuse_ambiguous_database() -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.config.enabled -%}
        {%- if node.schema | lower == node.database | lower -%}
            {{ exceptions.raise_compiler_error(
                'the DuckDB file `' ~ target.path ~ '` bears the name of the schema `' ~ node.schema
                ~ '`, and DuckDB cannot tell the two apart: rename the file and its `path` in profiles.yml, to warehouse.duckdb for one'
            ) }}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
