{#-
  The rows of a SQL trait, copied: what differs is written, what is gone goes (or stays, with `keep`), and identifiers that were never
  seen are noted for the next identity. Rows without an identifier, or two with one, change nothing: the last good rows stay, the
  fault is written down, and `sql_trait_check` fails for it. Before the time of `every` has come nothing is read.
-#}
{% materialization sql_trait, default %}
    {%- set table = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set meta = config.get('meta') -%}
    {%- set fingerprint = local_md5(tojson(meta)) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- call statement('lock') -%}{{ dbt_audiences.lock_state('sql trait ' ~ model.name) or 'select 1' }}{%- endcall -%}
    {%- set last = dbt_audiences._last_refresh(model.name) -%}
    {%- set is_known = existing is not none and last is not none and last.fingerprint == fingerprint -%}
    {%- if is_known and not dbt_audiences.sql_trait_is_due(meta.get('every'), last.refreshed_at) -%}
        {%- call statement('main') -%}select 1{%- endcall -%}
    {%- else -%}
        {%- call statement('fresh') -%}create temporary table fresh_rows as {{ sql }}{%- endcall -%}
        {%- set problem = dbt_audiences.sql_trait_problem(meta, 'fresh_rows') -%}
        {%- if not problem and not meta.get('keep') -%}
            {%- do dbt_audiences.refuse_emptied_source(model.name, 'fresh_rows', existing is not none) -%}
        {%- endif -%}
        {%- call statement('main') -%}
            {%- if existing is none %}
            create table {{ table }} (identifier_type text, identifier text, traits text, updated_at timestamp);
            {%- endif %}
            {{ '' if problem else dbt_audiences._write_sql_trait(table, meta) }}
            {{ dbt_audiences._write_refresh(model.name, fingerprint, problem, last) }}
            drop table fresh_rows;
        {%- endcall -%}
    {%- endif -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [table]}) }}
{% endmaterialization %}


{% macro _write_sql_trait(table, meta) -%}
        create temporary table differing as
        select distinct identifier from (
            (select identifier_type, identifier, traits from fresh_rows except select identifier_type, identifier, traits from {{ table }})
            union all
            (select identifier_type, identifier, traits from {{ table }} except select identifier_type, identifier, traits from fresh_rows)
        ) as sides;
        delete from {{ table }} where identifier in (select identifier from differing)
            {{ 'and identifier in (select identifier from fresh_rows)' if meta.get('keep') }};
        insert into {{ table }} (identifier_type, identifier, traits, updated_at)
        select identifier_type, identifier, traits, {{ dbt_audiences.as_of() }} from fresh_rows
        where identifier in (select identifier from differing);
        insert into {{ dbt_audiences.state_relation('sql_trait_identifiers') }} (type, value, first_seen_at)
        select f.identifier_type, f.identifier, {{ dbt_audiences.as_of() }} from fresh_rows as f
        where not exists (
            select 1 from {{ dbt_audiences.state_relation('sql_trait_identifiers') }} as k
            where k.type = f.identifier_type and k.value = f.identifier
        );
        drop table differing;
{%- endmacro %}


{% macro _last_refresh(name) -%}
    {%- set rows = run_query(
        'select fingerprint, refreshed_at from ' ~ dbt_audiences.state_relation('sql_trait_refreshes') ~ ' where model = '
        ~ dbt_audiences.text_literal(name)
    ).rows -%}
    {{ return({'fingerprint': rows[0][0], 'refreshed_at': rows[0][1]} if rows | length else none) }}
{%- endmacro %}


{% macro _write_refresh(name, fingerprint, problem, last) -%}
    {%- set state = dbt_audiences.state_relation('sql_trait_refreshes') -%}
    {%- set key = dbt_audiences.text_literal(name) -%}
    {%- set kept = dbt_audiences.literal(last.refreshed_at, 'instant') if last is not none and last.refreshed_at is not none else 'null' -%}
        delete from {{ state }} where model = {{ key }};
        insert into {{ state }} (model, fingerprint, refreshed_at, problem)
        values (
            {{ key }}, '{{ fingerprint }}', {{ kept if problem else dbt_audiences.as_of() }},
            {{ dbt_audiences.text_literal(problem) if problem else 'null' }}
        );
{%- endmacro %}
