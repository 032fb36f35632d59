{#-
  The calls that tables take up instead of reading all again. Each batch has a number; where tables must be built anew the batch is
  whole and the table empty. What came neither loaded nor moved leaves the last batch as it was.
-#}
{% materialization call_batch, default %}
    {%- set relation = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(relation) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- set scope = dbt_audiences.batch_scope(sql, existing is not none) -%}
    {%- call statement('main') -%}
    {%- if scope.is_whole %}
        {{ 'drop ' ~ existing.type ~ ' if exists ' ~ existing ~ ' cascade;' if existing is not none }}
        create table {{ relation }} as {{ sql }};
        {{ dbt_audiences.empty_batch() }}
        {{ dbt_audiences.note_batch(scope, relation) }}
    {%- elif scope.has_news %}
        delete from {{ relation }};
        {{ dbt_audiences.empty_batch() }}
        {{ dbt_audiences.batch_statements(scope, relation) }}
        {{ dbt_audiences.note_batch(scope, relation) }}
    {%- else %}
        select 1
    {%- endif %}
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do persist_docs(relation, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}
