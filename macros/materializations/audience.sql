{#-
  An audience: evaluates the model's query (profile_id, is_member, changes_at), compares it with the stored membership, appends who
  entered and who left, and stores the new state, all in one transaction. What others see is a view of the members.
-#}
{% materialization audience, default %}
    {%- set view = this.incorporate(type='view') -%}
    {%- set existing = load_cached_relation(this) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {%- if config.get('contract').enforced -%}
        {%- do get_assert_columns_equivalent(
            'select profile_id, entered_at from ' ~ dbt_audiences.state_relation('memberships')
        ) -%}
    {%- endif -%}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if existing is not none and not existing.is_view -%}
        {%- do adapter.drop_relation(existing) -%}
        {%- set existing = none -%}
    {%- endif -%}
    {%- call statement('main') -%}
        {{ dbt_audiences.membership_statements(model.name, sql) }}
        {%- if existing is none or should_full_refresh() %}
        create or replace view {{ view }} as
        select profile_id, entered_at
        from {{ dbt_audiences.state_relation('memberships') }}
        where audience = {{ dbt_audiences.text_literal(model.name) }};
        {%- endif %}
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do apply_grants(view, config.get('grants'), should_revoke=false) -%}
    {%- do persist_docs(view, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [view]}) }}
{% endmaterialization %}


{#- Compare, append, store. The temporary table's name is short for every key: Postgres cuts names at 63 bytes. -#}
{% macro membership_statements(key, evaluation) -%}
    {%- set members = dbt_audiences.state_relation('memberships') -%}
    {%- set changes = dbt_audiences.state_relation('membership_changes') -%}
    {%- set evaluations = dbt_audiences.state_relation('evaluations') -%}
    {%- set fresh = 'evaluated_' ~ local_md5(key)[:16] -%}
    {%- set of_key = 'audience = ' ~ dbt_audiences.text_literal(key) -%}
    {%- set as_of = dbt_audiences.as_of() -%}
    {%- set hash = config.get('meta', {}).get('definition_hash', '') -%}
    {%- set stamp = as_of ~ ", '" ~ dbt_audiences.run_id() ~ "', '" ~ hash ~ "', 'run'" -%}
    {%- set is_in = 'select 1 from ' ~ fresh ~ ' as t where t.is_member and t.profile_id = ' -%}
    {%- set was_in = 'select 1 from ' ~ members ~ ' as m where m.' ~ of_key ~ ' and m.profile_id = ' -%}
        {{ dbt_audiences.lock_state('audience ' ~ key) }}
        create temporary table {{ fresh }} as
        select profile_id, is_member, changes_at from ({{ evaluation }}) as evaluated;
        insert into {{ changes }} (audience, profile_id, change, changed_at, run_id, definition_hash, cause)
        select {{ dbt_audiences.text_literal(key) }}, e.profile_id, 'entered', {{ stamp }}
        from {{ fresh }} as e where e.is_member and not exists ({{ was_in }}e.profile_id)
        union all
        select {{ dbt_audiences.text_literal(key) }}, e.profile_id, 'exited', {{ stamp }}
        from {{ members }} as e where e.{{ of_key }} and not exists ({{ is_in }}e.profile_id);
        delete from {{ members }} as e where e.{{ of_key }} and not exists ({{ is_in }}e.profile_id);
        insert into {{ members }} (audience, profile_id, entered_at)
        select {{ dbt_audiences.text_literal(key) }}, e.profile_id, {{ as_of }}
        from {{ fresh }} as e where e.is_member and not exists ({{ was_in }}e.profile_id);
        delete from {{ evaluations }} as s where s.{{ of_key }} and not exists (
            select 1 from {{ fresh }} as t
            where t.profile_id = s.profile_id and t.is_member = s.is_member
                and t.changes_at is not distinct from s.changes_at
                and (t.is_member or t.changes_at is not null)
        );
        insert into {{ evaluations }} (audience, profile_id, is_member, changes_at)
        select {{ dbt_audiences.text_literal(key) }}, t.profile_id, t.is_member, t.changes_at
        from {{ fresh }} as t
        where (t.is_member or t.changes_at is not null) and not exists (
            select 1 from {{ evaluations }} as s where s.{{ of_key }} and s.profile_id = t.profile_id
        );
        drop table {{ fresh }};
{%- endmacro %}
