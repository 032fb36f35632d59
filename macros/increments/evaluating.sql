{#-
  What is being evaluated, one model or many at once, as temporary tables:

  evaluating        model, of, crosses (it reads who belongs to which account), is_whole (any change concerns everybody), definition_hash,
                    fingerprint, is_full, up_to (changes up to this one are seen)
  evaluating_reads  model, read: the models whose changes concern it, for those that are not evaluated in full
  scopes            model, profile_id: whom to look at
  evaluated         model, profile_id, is_member, changes_at: what was found
-#}
{% macro evaluating_tables() %}
        create temporary table evaluating (
            model text, of text, crosses boolean, is_whole boolean, definition_hash text, fingerprint text, is_full boolean, up_to bigint
        );
        create temporary table evaluating_reads (model text, read text);
        create temporary table scopes (model text, profile_id text);
        create temporary table evaluated (model text, profile_id text, is_member boolean, changes_at timestamp);
{%- endmacro %}


{% macro drop_evaluating() %}
        drop table evaluating;
        drop table evaluating_reads;
        drop table scopes;
        drop table evaluated;
{%- endmacro %}


{#-
  Statements that find whom to look at: whose rows have changed since, and whose `changes_at` has come. What a user does changes the
  accounts of that user, and these all their members, where a block asks so.
-#}
{% macro scope_statements() -%}
    {%- set log = dbt_audiences.state_relation('changed_entities') -%}
    {%- set members = dbt_audiences.state_relation('account_members') -%}
        update evaluating set up_to = (select coalesce(max(number), 0) from {{ log }});
        create temporary table scope_changes as
        select distinct e.model, l.of, l.id
        from {{ log }} as l
        inner join evaluating_reads as r on r.read = l.model
        inner join evaluating as e on e.model = r.model and l.number <= e.up_to
        inner join {{ dbt_audiences.state_relation('cursors') }} as c on c.model = e.model and l.number > c.number;
        update evaluating set is_full = true
        where not is_full and exists (
            select 1 from scope_changes as c where c.model = evaluating.model and (c.id is null or evaluating.is_whole)
        );
        create temporary table scope_accounts as
        select e.model, c.id as account_id
        from scope_changes as c
        inner join evaluating as e on e.model = c.model and not e.is_full
        where c.of = 'accounts'
        union
        select e.model, m.account_id
        from scope_changes as c
        inner join evaluating as e on e.model = c.model and e.crosses and not e.is_full
        inner join {{ members }} as m on m.profile_id = c.id
        where c.of = 'users';
        insert into scopes (model, profile_id)
        select e.model, s.profile_id
        from {{ dbt_audiences.state_relation('evaluations') }} as s
        inner join evaluating as e on e.model = s.audience and not e.is_full
        where s.changes_at <= {{ dbt_audiences.as_of() }}
        union
        select e.model, c.id
        from scope_changes as c
        inner join evaluating as e on e.model = c.model and e.of = 'users' and not e.is_full
        where c.of = 'users'
        union
        select e.model, a.account_id
        from scope_accounts as a
        inner join evaluating as e on e.model = a.model and e.of = 'accounts'
        union
        select e.model, m.profile_id
        from scope_accounts as a
        inner join evaluating as e on e.model = a.model and e.of = 'users' and e.crosses
        inner join {{ members }} as m on m.account_id = a.account_id;
        drop table scope_changes;
        drop table scope_accounts;
{%- endmacro %}


{#-
  Statements that compare what was found of audiences with who was in, append who entered and who left, and store the new state; only
  for those in scope, where a run looks at a part. Their caller's transaction holds it all.
-#}
{% macro membership_statements() -%}
    {%- set members = dbt_audiences.state_relation('memberships') -%}
    {%- set evaluations = dbt_audiences.state_relation('evaluations') -%}
    {%- set log = dbt_audiences.state_relation('changed_entities') -%}
    {%- set as_of = dbt_audiences.as_of() -%}
        create temporary table crossing as
        select
            audience,
            profile_id,
            case when max(is_in) = 1 then 'entered' else 'exited' end as change
        from (
            select model as audience, profile_id, 1 as is_in, 0 as was_in from evaluated where is_member
            union all
            select m.audience, m.profile_id, 0, 1
            from {{ members }} as m
            inner join evaluating as e on e.model = m.audience
            where
                e.is_full
                or (m.profile_id in (select profile_id from scopes) and (m.audience, m.profile_id) in (select model, profile_id from scopes))
        ) as sides
        group by audience, profile_id
        having max(is_in) <> max(was_in);
        insert into {{ dbt_audiences.state_relation('membership_changes') }}
            (audience, profile_id, change, changed_at, run_id, definition_hash, cause)
        select c.audience, c.profile_id, c.change, {{ as_of }}, '{{ dbt_audiences.run_id() }}', e.definition_hash, 'run'
        from crossing as c
        inner join evaluating as e on e.model = c.audience;
        {{ dbt_audiences.lock_state('changes') }}
        insert into {{ log }} (number, model, of, id)
        select (select coalesce(max(number), 0) + 1 from {{ log }}), c.audience, e.of, c.profile_id
        from crossing as c
        inner join evaluating as e on e.model = c.audience;
        delete from {{ members }}
        where (audience, profile_id) in (select audience, profile_id from crossing where change = 'exited');
        insert into {{ members }} (audience, profile_id, entered_at)
        select audience, profile_id, {{ as_of }} from crossing where change = 'entered';
        create temporary table differing as
        select
            coalesce(t.model, s.audience) as audience,
            coalesce(t.profile_id, s.profile_id) as profile_id,
            t.is_member, t.changes_at,
            t.model is not null as is_found,
            s.audience is not null as is_stored
        from (select * from evaluated where is_member or changes_at is not null) as t
        full join (
            select s.audience, s.profile_id, s.is_member, s.changes_at
            from {{ evaluations }} as s
            inner join evaluating as e on e.model = s.audience
            where e.is_full or (s.audience, s.profile_id) in (select model, profile_id from scopes)
        ) as s on s.audience = t.model and s.profile_id = t.profile_id
        where t.is_member is distinct from s.is_member or t.changes_at is distinct from s.changes_at;
        delete from {{ evaluations }} where (audience, profile_id) in (select audience, profile_id from differing where is_stored);
        insert into {{ evaluations }} (audience, profile_id, is_member, changes_at)
        select audience, profile_id, is_member, changes_at from differing where is_found;
        drop table differing;
        drop table crossing;
        {{ dbt_audiences.advance_cursors() }}
        {{ dbt_audiences._first_runs_noted(as_of) }}
{%- endmacro %}


{#- Statements that write down what evaluations have seen. -#}
{% macro advance_cursors() -%}
    {%- set cursors = dbt_audiences.state_relation('cursors') %}
        delete from {{ cursors }} where model in (select model from evaluating);
        insert into {{ cursors }} (model, number, as_of, fingerprint, evaluated_count, is_full)
        select e.model, e.up_to, {{ dbt_audiences.as_of() }}, e.fingerprint, coalesce(t.evaluated_count, 0), e.is_full
        from evaluating as e
        left join (select model, count(*) as evaluated_count from evaluated group by model) as t on t.model = e.model;
{%- endmacro %}


{#- When audiences were first evaluated, once and for ever: `history: none` begins there. -#}
{% macro _first_runs_noted(as_of) -%}
    {%- set keys = dbt_audiences.state_relation('keys') %}
        insert into {{ keys }} (key, kind, created_at, definition_hash, last_seen_at)
        select e.model, 'audience', {{ as_of }}, e.definition_hash, {{ as_of }}
        from evaluating as e
        where not exists (select 1 from {{ keys }} where key = e.model);
        update {{ keys }} set first_run_at = {{ as_of }} where first_run_at is null and key in (select model from evaluating);
{%- endmacro %}
