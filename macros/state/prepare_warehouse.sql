{#-
  Makes what must be there before any model runs: the raw tables (empty) and the state tables. State is never dropped; where this
  package knows more columns than the tables have, they are added, once, and the version is written down.
-#}
{% macro prepare_warehouse() -%}
    {%- if not execute -%}{{ return('select 1') }}{%- endif -%}
    {%- do dbt_audiences.refuse_ambiguous_database() -%}
    {%- set made = [dbt_audiences._make_raw_tables()] -%}
    {%- set version_table = dbt_audiences.state_relation('state_version') -%}
    {%- set found = dbt_audiences._state_version(version_table) -%}
    {%- set current = dbt_audiences.state_version() -%}
    {%- if found > current -%}
        {{ exceptions.raise_compiler_error(
            'the state in the warehouse has version ' ~ found ~ ', this package knows ' ~ current
            ~ ': a newer package has run here. Upgrade this one.'
        ) }}
    {%- endif -%}
    {%- for node in dbt_audiences._state_nodes() -%}
        {%- if found < current or adapter.get_relation(node.database, node.schema, node.alias) is none -%}
            {%- do dbt_audiences.make_state_table(node) -%}
            {%- do made.append(true) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if found < current -%}
        {%- call statement('version') -%}
            {{ dbt_audiences._first_runs_known() if found < 3 }}
            delete from {{ version_table }};
            insert into {{ version_table }} (version, migrated_at) values (
                {{ current }},
                cast('{{ run_started_at.astimezone(modules.pytz.utc).replace(tzinfo=none).isoformat(' ') }}' as timestamp)
            );
        {%- endcall -%}
        {#- dbt rolls back what an on-run-start left open. -#}
        {%- do adapter.commit() -%}
    {%- elif true in made -%}
        {%- call statement('made') -%}select 1{%- endcall -%}
        {%- do adapter.commit() -%}
    {%- endif -%}
    {%- if var('audiences_unguarded', none) is none -%}{%- do dbt_audiences._forget_built() -%}{%- endif -%}
    {{ return('select 1') }}
{%- endmacro %}


{#- What dbt builds without `audiences run` is noted by nobody: the next run builds all. -#}
{% macro _forget_built() -%}
    {%- call statement('forgotten') -%}delete from {{ dbt_audiences.state_relation('built_models') }}{%- endcall -%}
    {%- do adapter.commit() -%}
{%- endmacro %}


{#- The version of the state tables; a change of their columns, or of how they are found, in the yml adds one here. -#}
{% macro state_version() -%}
    {{ return(8) }}
{%- endmacro %}


{#- Audiences that ran before this was written down, first did when their keys were. -#}
{% macro _first_runs_known() -%}
    update {{ dbt_audiences.state_relation('keys') }} set first_run_at = created_at where kind = 'audience' and first_run_at is null;
{%- endmacro %}


{% macro _state_version(relation) -%}
    {%- if adapter.get_relation(relation.database, relation.schema, relation.identifier) is none -%}{{ return(0) }}{%- endif -%}
    {%- set rows = run_query('select max(version) as version from ' ~ relation) -%}
    {{ return((rows.rows[0][0] or 0) | int) }}
{%- endmacro %}


{% macro _state_nodes() -%}
    {%- set nodes = [] -%}
    {%- for node in graph.nodes.values() -%}
        {%- if node.package_name == 'dbt_audiences' and node.config.get('meta', {}).get('state') -%}{%- do nodes.append(node) -%}{%- endif -%}
    {%- endfor -%}
    {{ return(nodes) }}
{%- endmacro %}


{#- Whether there was one to make. -#}
{% macro _make_raw_tables() -%}
    {%- set schema = api.Relation.create(database=target.database, schema=var('audiences_raw_schema')) -%}
    {%- set columns = [] -%}
    {%- for name, type in dbt_audiences.call_columns() -%}{%- do columns.append(name ~ ' ' ~ type) -%}{%- endfor -%}
    {%- set tables = {
        'calls': columns + ['load_id text'],
        'list_members': ['list text', 'type text', 'value text', 'loaded_at timestamp'],
    } -%}
    {%- set made = [] -%}
    {%- for name in tables if adapter.get_relation(target.database, schema.schema, name) is none -%}
        {%- do adapter.create_schema(schema) -%}
        {%- set table = api.Relation.create(database=target.database, schema=schema.schema, identifier=name) -%}
        {%- do run_query('create table if not exists ' ~ table ~ ' (' ~ tables[name] | join(', ') ~ ')') -%}
        {%- do made.append(name) -%}
    {%- endfor -%}
    {{ return(made | length > 0) }}
{%- endmacro %}
