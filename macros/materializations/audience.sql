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
    {%- set state = dbt_audiences.state_relation('evaluations') -%}
    {%- set key = dbt_audiences.text_literal(model.name) -%}
    {%- call statement('lock') -%}{{ dbt_audiences.lock_state('audience ' ~ model.name) or 'select 1' }}{%- endcall -%}
    {%- set is_static = config.get('meta', {}).get('static', false) -%}
    {%- if is_static and (dbt_audiences._cursor(model.name) or {}).get('fingerprint') == 'static' -%}
        {%- call statement('main') -%}
            {{ dbt_audiences.frozen_statements(model.name) }}
            {{ '' if existing is not none else dbt_audiences.members_view(view, model.name) }}
        {%- endcall -%}
        {{ adapter.commit() }}
        {{ return({'relations': [view]}) }}
    {%- endif -%}
    {%- set scope = dbt_audiences.evaluation_scope(model, sql, existing is not none,
        'select profile_id from ' ~ state ~ ' where audience = ' ~ key ~ ' and changes_at <= ' ~ dbt_audiences.as_of()) -%}
    {%- call statement('main') -%}
        {{ scope.statements }}
        {{ dbt_audiences.membership_statements(model.name, dbt_audiences.scoped_query(sql, scope), scope) }}
        {{ '' if scope.is_full else 'drop table scope;' }}
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


{#-
  Compare, append, store; only for those in scope, where the run looks at a part. The temporary table's name is short for every key:
  Postgres cuts names at 63 bytes.
-#}
{% macro membership_statements(key, evaluation, scope) -%}
    {%- set members = dbt_audiences.state_relation('memberships') -%}
    {%- set changes = dbt_audiences.state_relation('membership_changes') -%}
    {%- set evaluations = dbt_audiences.state_relation('evaluations') -%}
    {%- set fresh = 'evaluated_' ~ local_md5(key)[:16] -%}
    {%- set name = dbt_audiences.text_literal(key) -%}
    {%- set of_key = 'audience = ' ~ name -%}
    {%- set in_scope = '' if scope.is_full else ' and profile_id in (select profile_id from scope)' -%}
    {%- set as_of = dbt_audiences.as_of() -%}
    {%- set hash = config.get('meta', {}).get('definition_hash', '') -%}
    {%- set stamp = as_of ~ ", '" ~ dbt_audiences.run_id() ~ "', '" ~ hash ~ "', 'run'" -%}
        create temporary table {{ fresh }} as
        select profile_id, is_member, changes_at from ({{ evaluation }}) as evaluated;
        create temporary table crossing as
        select
            profile_id,
            case when max(is_in) = 1 then 'entered' else 'exited' end as change
        from (
            select profile_id, 1 as is_in, 0 as was_in from {{ fresh }} where is_member
            union all
            select profile_id, 0, 1 from {{ members }} where {{ of_key }}{{ in_scope }}
        ) as sides
        group by profile_id
        having max(is_in) <> max(was_in);
        insert into {{ changes }} (audience, profile_id, change, changed_at, run_id, definition_hash, cause)
        select {{ name }}, profile_id, change, {{ stamp }} from crossing;
        {{ dbt_audiences.log_changes(key, [{
            'of': config.get('meta', {}).get('of', 'users'), 'query': 'select profile_id from crossing'
        }]) }}
        delete from {{ members }}
        where {{ of_key }} and profile_id in (select profile_id from crossing where change = 'exited');
        insert into {{ members }} (audience, profile_id, entered_at)
        select {{ name }}, profile_id, {{ as_of }} from crossing where change = 'entered';
        delete from {{ evaluations }} as s where s.{{ of_key }}{{ in_scope }} and not exists (
            select 1 from {{ fresh }} as t
            where t.profile_id = s.profile_id and t.is_member = s.is_member
                and t.changes_at is not distinct from s.changes_at
                and (t.is_member or t.changes_at is not null)
        );
        insert into {{ evaluations }} (audience, profile_id, is_member, changes_at)
        select {{ name }}, t.profile_id, t.is_member, t.changes_at
        from {{ fresh }} as t
        where (t.is_member or t.changes_at is not null) and not exists (
            select 1 from {{ evaluations }} as s where s.{{ of_key }} and s.profile_id = t.profile_id
        );
        {{ dbt_audiences.advance_cursor(key, scope, fresh) }}
        {{ dbt_audiences._first_run_noted(name, as_of, hash) }}
        drop table {{ fresh }};
        drop table crossing;
{%- endmacro %}


{#- When the key was first evaluated, once and for ever: `history: none` begins there. -#}
{% macro _first_run_noted(name, as_of, hash) -%}
    {%- set keys = dbt_audiences.state_relation('keys') -%}
        insert into {{ keys }} (key, kind, created_at, definition_hash, last_seen_at)
        select {{ name }}, 'audience', {{ as_of }}, '{{ hash }}', {{ as_of }}
        where not exists (select 1 from {{ keys }} where key = {{ name }});
        update {{ keys }} set first_run_at = {{ as_of }} where key = {{ name }} and first_run_at is null;
{%- endmacro %}
