{#-
  What the next batch of calls is made of.

  shape  a mapping: `is_whole` (everything is built anew), `has_news`, `number`, `build`, `loaded_at`; where it goes on from the last
         batch also `since`, the last loading that was in it, and `before`, its as_of
-#}
{% macro batch_scope(sql, has_run) -%}
    {%- set staged = run_query(
        'select build, loaded_at, (select count(*) from ' ~ dbt_audiences.state_relation('moved_identifiers') ~ '), (select count(*) from '
        ~ dbt_audiences.state_relation('moved_identifiers') ~ ' where value is null) from ' ~ dbt_audiences.state_relation('calls_staged')
    ).rows[0] -%}
    {%- set last = run_query(
        'select number, build, loaded_at, as_of from ' ~ dbt_audiences.state_relation('call_batches')
    ).rows -%}
    {%- set number = (last[0][0] | int if last else 0) + 1 -%}
    {%- set views = dbt_audiences.staged_events('calls') ~ dbt_audiences.staged_identifies('calls') ~ dbt_audiences.staged_groups('calls') -%}
    {%- set build = staged[0] ~ ' ' ~ local_md5(views ~ sql) -%}
    {%- set found = {'is_whole': true, 'has_news': true, 'number': number, 'build': build, 'loaded_at': staged[1]} -%}
    {%- if not has_run or should_full_refresh() or not last or last[0][1] != build or staged[1] is none or staged[3] | int
        or dbt_audiences.as_of_datetime() < last[0][3] -%}
        {{ return(found) }}
    {%- endif -%}
    {%- do found.update({'is_whole': false, 'since': last[0][2], 'before': last[0][3]}) -%}
    {%- if staged[1] == last[0][2] and staged[2] | int == 0 and not run_query(
        'select 1 from ' ~ dbt_audiences.state_relation('stg_calls') ~ ' as calls where ' ~ dbt_audiences._comes_due(found) ~ ' limit 1'
    ).rows -%}
        {%- do found.update({'has_news': false}) -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}


{% macro empty_batch() -%}
        delete from {{ dbt_audiences.state_relation('touched_entities') }};
        delete from {{ dbt_audiences.state_relation('touched_identifiers') }};
{%- endmacro %}


{#- Statements that fill the tables of a batch: see touched_calls. -#}
{% macro batch_statements(scope, relation) -%}
    {%- set calls = dbt_audiences.state_relation('stg_calls') -%}
    {%- set identifiers = dbt_audiences.state_relation('profile_identifiers') -%}
    {%- set moved = dbt_audiences.state_relation('moved_identifiers') -%}
    {%- set entities = dbt_audiences.state_relation('touched_entities') -%}
    {%- set touched = dbt_audiences.state_relation('touched_identifiers') -%}
    {%- set is_new = 'calls.loaded_at > ' ~ dbt_audiences.literal(scope.since, 'instant') -%}
    {%- set has_moved = dbt_audiences.is_among('calls.identifier_type', 'calls.identifier_value', moved) -%}
    {%- set is_said = '(' ~ is_new ~ ' or ' ~ dbt_audiences._comes_due(scope) ~ ')' -%}
    {%- set of_users -%}
        select type, value from {{ identifiers }}
        where profile_id in (select id from {{ entities }} where of = 'users')
    {%- endset %}
        insert into {{ entities }} (of, id)
        select 'users', profile_id from {{ moved }}
        union
        select 'users', known.profile_id
        from {{ calls }} as calls
        inner join {{ identifiers }} as known on known.type = calls.identifier_type and known.value = calls.identifier_value
        where calls.type = 'identify' and {{ is_said }}
        union
        select 'accounts', calls.group_id
        from {{ calls }} as calls
        where calls.type = 'group' and calls.group_id is not null and ({{ is_said }} or {{ has_moved }});
        insert into {{ relation }}
        select calls.*, not coalesce({{ is_new }}, false) as is_moved
        from {{ calls }} as calls
        where calls.type not in ('identify', 'group') and {{ is_new }}
        union all
        select calls.*, true as is_moved
        from {{ calls }} as calls
        where calls.type not in ('identify', 'group') and not {{ is_new }} and {{ has_moved }}
        union all
        select calls.*, not coalesce({{ is_new }}, false) as is_moved
        from {{ calls }} as calls
        where calls.type = 'identify' and {{ dbt_audiences.is_among('calls.identifier_type', 'calls.identifier_value', '(' ~ of_users ~ ') as own') }}
        union all
        select calls.*, not coalesce({{ is_new }}, false) as is_moved
        from {{ calls }} as calls
        where calls.type = 'group' and calls.group_id in (select id from {{ entities }} where of = 'accounts');
        insert into {{ touched }} (profile_id, type, value, first_seen_at)
        select profile_id, type, value, first_seen_at
        from {{ identifiers }}
        where {{ dbt_audiences.is_among(
            'type', 'value', '(select identifier_type as type, identifier_value as value from ' ~ relation ~ ') as named'
        ) }};
{%- endmacro %}


{#- Statements that write the batch down; what moved is in it. -#}
{% macro note_batch(scope, relation) -%}
    {%- set batches = dbt_audiences.state_relation('call_batches') -%}
        delete from {{ batches }};
        insert into {{ batches }} (number, build, loaded_at, as_of, is_whole, moved_count) values (
            {{ scope.number }}, '{{ scope.build }}', {{ dbt_audiences.literal(scope.loaded_at, 'instant') if scope.loaded_at else 'null' }},
            {{ dbt_audiences.as_of() }}, {{ scope.is_whole }},
            (select count(*) from {{ relation }} where is_moved and type not in ('identify', 'group'))
        );
        delete from {{ dbt_audiences.state_relation('moved_identifiers') }};
{%- endmacro %}


{#- SQL: whether what a call says of somebody is true by now and was not yet when the last batch was made. -#}
{% macro _comes_due(scope) -%}
    {{ return(
        "(calls.type in ('identify', 'group') and calls.occurred_at > " ~ dbt_audiences.literal(scope.before, 'instant')
        ~ ' and calls.occurred_at <= ' ~ dbt_audiences.as_of() ~ ')'
    ) }}
{%- endmacro %}
