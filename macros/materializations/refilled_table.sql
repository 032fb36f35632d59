{#-
  A table that is filled anew in each run, in one transaction, and never dropped: views that read it stay, on engines where they go
  with it. Its columns do not change.
-#}
{% materialization refilled_table, default %}
    {%- set table = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set fresh = api.Relation.create(identifier='fresh_' ~ local_md5(this | string)[:16], type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- call statement('main') -%}
        create temporary table {{ fresh }} as {{ sql }};
        {%- if existing is none %}
        create table {{ table }} as select * from {{ fresh }};
        {%- else %}
        delete from {{ table }};
        insert into {{ table }} select * from {{ fresh }};
        {%- endif %}
        drop table {{ fresh }};
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do persist_docs(table, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [table]}) }}
{% endmaterialization %}
