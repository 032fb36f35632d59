{#-
  A computed trait: evaluates the model's query for those whom a change or time may have moved, compares it with the stored values, and
  writes what differs, all in one transaction. `updated_at` is the as_of of the run that last changed a value.
-#}
{% materialization computed_trait, default %}
    {%- set table = this.incorporate(type='table') -%}
    {%- set fresh = api.Relation.create(identifier='evaluated_' ~ local_md5(model.name)[:16], type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- call statement('lock') -%}{{ dbt_audiences.lock_state('evaluations') or 'select 1' }}{%- endcall -%}
    {%- set due = 'select profile_id from ' ~ table ~ ' where changes_at <= ' ~ dbt_audiences.as_of() -%}
    {%- set scope = dbt_audiences.evaluation_scope(model, sql, existing is not none, due) -%}
    {%- call statement('evaluated') -%}
        create temporary table {{ fresh }} as {{ dbt_audiences.scoped_query(sql, scope) }};
    {%- endcall -%}
    {%- set columns = adapter.get_columns_in_relation(fresh) | map(attribute='name') | list -%}
    {%- set known = adapter.get_columns_in_relation(existing) | map(attribute='name') | list if existing is not none else [] -%}
    {%- call statement('main') -%}
        {%- if columns + ['updated_at'] == known %}
        {{ dbt_audiences._write_differing_values(table, fresh, columns, scope) }}
        {%- else %}
        {{ dbt_audiences._replace_values(table, existing, fresh) }}
        {%- endif %}
        insert into evaluated (model, profile_id) select {{ dbt_audiences.text_literal(model.name) }}, profile_id from {{ fresh }};
        {{ dbt_audiences.advance_cursors() }}
        drop table {{ fresh }};
        drop table scope;
        {{ dbt_audiences.drop_evaluating() }}
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do persist_docs(table, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [table]}) }}
{% endmaterialization %}


{#- What differs among those in scope; whose rows those are is logged. -#}
{% macro _write_differing_values(table, fresh, columns, scope) -%}
    {%- set in_scope = 'true' if scope.is_full else 'profile_id in (select profile_id from scope)' -%}
    {%- set names = columns | join(', ') -%}
        create temporary table differing as
        select distinct profile_id from (
            (select {{ names }} from {{ fresh }} except select {{ names }} from {{ table }} where {{ in_scope }})
            union all
            (select {{ names }} from {{ table }} where {{ in_scope }} except select {{ names }} from {{ fresh }})
        ) as sides;
        create temporary table updated as
        select f.*, case when t.profile_id is null or t.value is distinct from f.value then {{ dbt_audiences.as_of() }}
            else t.updated_at end as updated_at
        from {{ fresh }} as f
        left join {{ table }} as t on t.profile_id = f.profile_id
        where f.profile_id in (select profile_id from differing);
        delete from {{ table }} where profile_id in (select profile_id from differing);
        insert into {{ table }} ({{ names }}, updated_at) select {{ names }}, updated_at from updated;
        {{ dbt_audiences.log_changes(model.name, [{
            'of': config.get('meta', {}).get('of', 'users'), 'query': 'select profile_id from differing'
        }]) }}
        drop table updated;
        drop table differing;
{%- endmacro %}


{#- A new table, also where its columns are others than before. -#}
{% macro _replace_values(table, existing, fresh) -%}
        create temporary table updated as
    {%- if existing is none %}
        select f.*, {{ dbt_audiences.as_of() }} as updated_at from {{ fresh }} as f;
    {%- else %}
        select f.*, case when t.profile_id is null or t.value is distinct from f.value then {{ dbt_audiences.as_of() }}
            else t.updated_at end as updated_at
        from {{ fresh }} as f
        left join {{ existing }} as t on t.profile_id = f.profile_id;
        drop {{ existing.type }} {{ existing }} cascade;
    {%- endif %}
        create table {{ table }} as select * from updated;
        {{ dbt_audiences.log_changes(model.name, [{
            'of': config.get('meta', {}).get('of', 'users'), 'query': 'select cast(null as text)'
        }]) }}
        drop table updated;
{%- endmacro %}
