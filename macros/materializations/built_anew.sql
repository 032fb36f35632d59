{#-
  A table built anew, or brought up to date where it follows batches of calls, unless its source seems to have broken: if it had rows and now has none, or fewer than half, the
  model fails, the old table stays, and everything that reads it waits. `audiences sync --approve <model>` lets one such change by.
  Whose rows have changed is logged. `meta: {unguarded: true}` is for what a person replaces on purpose.
-#}
{% materialization guarded_table, default %}
    {{ return(dbt_audiences.built_anew(sql, guarded=not config.get('meta', {}).get('unguarded'), notes_unreadable=true)) }}
{% endmaterialization %}


{#- A table built anew, or brought up to date; whose rows have changed is logged. What it is made of has guards of its own. -#}
{% materialization tracked_table, default %}
    {{ return(dbt_audiences.built_anew(sql)) }}
{% endmaterialization %}


{#- The same steps for both. -#}
{% macro built_anew(sql, guarded=false, notes_unreadable=false) %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set fresh = api.Relation.create(identifier='fresh_' ~ local_md5(this | string)[:16], type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- set batch = dbt_audiences.batch_step(sql, existing) -%}
    {%- if batch.step in ('none', 'pass') -%}
        {%- call statement('main') -%}{{ dbt_audiences.note_passed(model.name, batch) if batch.step == 'pass' else 'select 1' }}{%- endcall -%}
        {{ adapter.commit() }}
        {{ return({'relations': [target_relation]}) }}
    {%- elif batch.step == 'add' -%}
        {%- do dbt_audiences.take_up(target_relation, fresh, sql, batch) -%}
        {%- if guarded -%}{%- do dbt_audiences.refuse_emptied_source(model.name, target_relation, true) -%}{%- endif -%}
        {%- call statement('main') -%}
            {{ dbt_audiences.note_unreadable_values(model, target_relation) if notes_unreadable else 'select 1' }}
        {%- endcall -%}
        {{ run_hooks(post_hooks, inside_transaction=True) }}
        {{ adapter.commit() }}
        {{ run_hooks(post_hooks, inside_transaction=False) }}
        {{ return({'relations': [target_relation]}) }}
    {%- endif -%}
    {%- call statement('fresh') -%}
        create temporary table {{ fresh }} as {{ sql }}
    {%- endcall -%}
    {%- if guarded -%}{%- do dbt_audiences.refuse_emptied_source(model.name, fresh, existing is not none) -%}{%- endif -%}
    {%- if existing is not none -%}{%- do dbt_audiences.log_replacement(model.name, existing, fresh) -%}
    {%- else -%}{%- do dbt_audiences.log_first_build(model.name) -%}{%- endif -%}
    {%- call statement('main') -%}
        {{ 'drop ' ~ existing.type ~ ' if exists ' ~ existing ~ ' cascade;' if existing is not none }}
        create table {{ target_relation }} as select * from {{ fresh }}
        {{- ' order by occurred_at' if config.get('meta', {}).get('follows') == 'calls' }};
        {{ dbt_audiences.note_unreadable_values(model, fresh) if notes_unreadable }}
        {{ dbt_audiences.note_taken_up(model.name, batch) }}
        drop table {{ fresh }};
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do persist_docs(target_relation, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmacro %}
