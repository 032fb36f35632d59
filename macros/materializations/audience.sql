{#-
  An audience: evaluates the model's query (profile_id, is_member, changes_at) for those whom a change or time may have moved,
  compares it with the stored membership, appends who entered and who left, and stores the new state, all in one transaction. What
  others see is a view of the members.
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
    {%- set key = dbt_audiences.text_literal(model.name) -%}
    {%- call statement('lock') -%}{{ dbt_audiences.lock_state('evaluations') or 'select 1' }}{%- endcall -%}
    {%- set is_static = config.get('meta', {}).get('static', false) -%}
    {%- if is_static and (dbt_audiences._cursor(model.name) or {}).get('fingerprint') == 'static' -%}
        {%- call statement('main') -%}
            {{ dbt_audiences.frozen_statements(model.name) }}
            {{ '' if existing is not none else dbt_audiences.members_view(view, model.name) }}
        {%- endcall -%}
        {{ adapter.commit() }}
        {{ return({'relations': [view]}) }}
    {%- endif -%}
    {%- set scope = dbt_audiences.evaluation_scope(model, sql, existing is not none) -%}
    {%- call statement('main') -%}
        insert into evaluated (model, profile_id, is_member, changes_at)
        select {{ key }}, profile_id, is_member, changes_at from ({{ dbt_audiences.scoped_query(sql, scope) }}) as found;
        {{ dbt_audiences.membership_statements() }}
        drop table scope;
        {{ dbt_audiences.drop_evaluating() }}
        {%- if existing is none or should_full_refresh() %}
        {{ dbt_audiences.members_view(view, model.name) }}
        {%- endif %}
        {{ dbt_audiences.frozen_statements(model.name) if is_static }}
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do apply_grants(view, config.get('grants'), should_revoke=false) -%}
    {%- do persist_docs(view, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [view]}) }}
{% endmaterialization %}


{#- The statement that makes what others see of an audience. -#}
{% macro members_view(view, key) -%}
        create or replace view {{ view }} as
        select profile_id, entered_at
        from {{ dbt_audiences.state_relation('memberships') }}
        where audience = {{ dbt_audiences.text_literal(key) }};
{%- endmacro %}


{#- Statements that freeze a membership as it is: the key has seen every change, and no instant will change it. -#}
{% macro frozen_statements(key) -%}
    {%- set name = dbt_audiences.text_literal(key) -%}
    {%- set log = dbt_audiences.state_relation('changed_entities') -%}
        update {{ dbt_audiences.state_relation('cursors') }}
        set fingerprint = 'static', number = (select coalesce(max(number), 0) from {{ log }})
        where model = {{ name }};
        delete from {{ dbt_audiences.state_relation('evaluations') }} where audience = {{ name }} and not is_member;
        update {{ dbt_audiences.state_relation('evaluations') }} set changes_at = null where audience = {{ name }};
{%- endmacro %}
