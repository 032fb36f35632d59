{#-
  A table built anew in each run, unless its source seems to have broken: if it had rows and now has none, or fewer than half, the
  model fails, the old table stays, and everything that reads it waits. `audiences sync --approve <model>` lets one such change by.
-#}
{% materialization guarded_table, default %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set fresh = api.Relation.create(identifier='fresh_' ~ local_md5(this | string)[:16], type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- call statement('fresh') -%}
        create temporary table {{ fresh }} as {{ sql }}
    {%- endcall -%}
    {%- do dbt_audiences.refuse_emptied_source(model.name, fresh, existing is not none) -%}
    {%- call statement('main') -%}
        {{ 'drop ' ~ existing.type ~ ' if exists ' ~ existing ~ ' cascade;' if existing is not none }}
        create table {{ target_relation }} as select * from {{ fresh }};
        drop table {{ fresh }};
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do persist_docs(target_relation, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
