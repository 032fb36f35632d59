{#-
  Calls as identity and events read them, appended: what is new since the last run is staged, and all where anything else of the raw
  table, of the rules, or of who is suppressed is not as it was. The query says in comments where it looks at new calls alone.
-#}
{% materialization staged_calls, default %}
    {%- if var('audiences_identity_preview', false) -%}{{ return(dbt_audiences.replaced('table', sql)) }}{%- endif -%}
    {%- set relation = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(relation) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- set scope = dbt_audiences.staging_scope(sql, existing is not none and existing.is_table) -%}
    {%- call statement('main') -%}
    {%- if scope.is_full %}
        {{ 'drop ' ~ existing.type ~ ' if exists ' ~ existing ~ ' cascade;' if existing is not none }}
        create table {{ relation }} as {{ sql }};
    {%- elif scope.loaded_at > scope.since %}
        insert into {{ relation }} {{ dbt_audiences.new_calls_query(sql, scope) }};
    {%- endif %}
        {{ dbt_audiences.note_staged(scope) }}
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do apply_grants(relation, config.get('grants')) -%}
    {%- do persist_docs(relation, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}


{#- The query of stg_calls for calls loaded since, whose messages were not there before: the copy that was loaded first counts. -#}
{% macro new_calls_query(sql, scope) -%}
    {%- set raw = api.Relation.create(database=target.database, schema=var('audiences_raw_schema'), identifier='calls') -%}
    {%- set since = dbt_audiences.literal(scope.since, 'instant') -%}
    {%- set is_new = 'loaded_at > ' ~ since ~ ' and loaded_at <= ' ~ dbt_audiences.literal(scope.loaded_at, 'instant') -%}
    {%- set known -%}
        and coalesce(once.message_id not in (
            select message_id
            from {{ raw }}
            where loaded_at <= {{ since }} and message_id in (select message_id from {{ raw }} where {{ is_new }})
        ), true)
    {%- endset -%}
    {{ return(sql.replace('/* where the call is new */', 'where ' ~ is_new).replace('/* and its message is new */', known)) }}
{%- endmacro %}
