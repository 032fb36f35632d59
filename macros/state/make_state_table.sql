{#-
  Creates a state table from the columns of its yml, or adds those that it lacks. `node` is the model's node in the graph, and
  `found_by` of its meta the columns by which few of its rows are asked for.
-#}
{% macro make_state_table(node) -%}
    {%- set relation = api.Relation.create(
        database=node.database, schema=node.schema, identifier=node.alias, type='table'
    ) -%}
    {%- do adapter.create_schema(relation.without_identifier()) -%}
    {%- set existing = adapter.get_relation(relation.database, relation.schema, relation.identifier) -%}
    {%- set wanted = [] -%}
    {%- for column in node.columns.values() -%}{%- do wanted.append(column) -%}{%- endfor -%}
    {%- if existing is none -%}
        {%- set columns = [] -%}
        {%- for column in wanted -%}
            {%- set storage = dbt_audiences.uncompressed() if column.config.meta.get('uncompressed') else '' -%}
            {%- do columns.append(adapter.quote(column.name) ~ ' ' ~ column.data_type ~ storage) -%}
        {%- endfor -%}
        {%- do run_query('create table if not exists ' ~ relation ~ ' (' ~ columns | join(', ') ~ ')') -%}
    {%- else -%}
        {%- set found = adapter.get_columns_in_relation(existing) | map(attribute='name') | list -%}
        {%- for column in wanted if column.name not in found -%}
            {%- do run_query('alter table ' ~ relation ~ ' add column ' ~ adapter.quote(column.name) ~ ' ' ~ column.data_type) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- for column in node.config.get('meta', {}).get('found_by', []) -%}
        {%- set statement = dbt_audiences.make_findable(relation, column) -%}
        {%- if statement -%}{%- do run_query(statement) -%}{%- endif -%}
    {%- endfor -%}
    {{ return(relation) }}
{%- endmacro %}


{#-
  What has a column of a new table written as it comes. Where each of millions of texts is another one, DuckDB takes more time to find that
  little can be saved than for all else of writing them: 13 of 20 s of CPU for 14 million identifiers, which then take 2.3 times the room.
-#}
{% macro uncompressed() -%}
    {{ return(adapter.dispatch('uncompressed', 'dbt_audiences')()) }}
{%- endmacro %}


{% macro default__uncompressed() -%}
    {{ return('') }}
{%- endmacro %}


{% macro duckdb__uncompressed() -%}
    {{ return(' using compression uncompressed') }}
{%- endmacro %}
