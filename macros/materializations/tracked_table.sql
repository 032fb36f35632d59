{#- A table built anew in each run; whose rows have changed is logged. What it is made of has guards of its own. -#}
{% materialization tracked_table, default %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set fresh = api.Relation.create(identifier='fresh_' ~ local_md5(this | string)[:16], type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- call statement('fresh') -%}
        create temporary table {{ fresh }} as {{ sql }}
    {%- endcall -%}
    {%- if existing is not none -%}{%- do dbt_audiences.log_replacement(model.name, existing, fresh) -%}
    {%- else -%}{%- do dbt_audiences.log_first_build(model.name) -%}{%- endif -%}
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
