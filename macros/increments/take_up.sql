{#-
  How a table that follows batches of calls (see touched_calls) is brought up to date; `meta: {follows: ...}` of its model says in which
  way:

  calls     a row for each call, with its message_id: those of calls that moved go, those of the batch come
  entities  rows of a profile or account, made of what it was told of itself: those of touched ones are made anew
  profiles  the same of touched profiles, made of their identifiers; the query says in a comment where it looks at these alone

  shape  a mapping: `step` (anew; none, where the table has the last batch; add; or pass, where nothing of the batch is for it), `number`,
         `fingerprint`, `moved_count`
-#}
{% macro batch_step(sql, existing) -%}
    {%- set found = {'step': 'anew', 'number': none} -%}
    {%- if not config.get('meta', {}).get('follows') -%}{{ return(found) }}{%- endif -%}
    {%- set fingerprint = local_md5(sql.replace(dbt_audiences.as_of() | string, '').split() | join) -%}
    {%- set key = dbt_audiences.text_literal(model.name) -%}
    {%- set batch = run_query(
        'select b.number, b.is_whole, b.moved_count, t.number, t.fingerprint, ' ~ dbt_audiences._concerns(config.get('meta'))
        ~ ' from ' ~ dbt_audiences.state_relation('call_batches')
        ~ ' as b left join ' ~ dbt_audiences.state_relation('taken_up') ~ ' as t on t.model = ' ~ key
    ).rows -%}
    {%- if not batch -%}{{ return(found) }}{%- endif -%}
    {%- set last = batch[0] -%}
    {%- do found.update({'number': last[0] | int, 'fingerprint': fingerprint, 'moved_count': last[2] | int}) -%}
    {%- if existing is none or should_full_refresh() or last[3] is none or last[4] != fingerprint -%}{{ return(found) }}{%- endif -%}
    {%- if last[3] | int == last[0] | int -%}
        {%- do found.update({'step': 'none'}) -%}
    {%- elif last[3] | int == last[0] | int - 1 and not last[1] -%}
        {%- do found.update({'step': 'add' if last[5] else 'pass'}) -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}


{#- SQL: whether a batch has anything for a table: for one of an event, any call of that. -#}
{% macro _concerns(meta) -%}
    {%- if not meta.get('event') -%}{{ return('true') }}{%- endif -%}
    {{ return(
        'exists (select 1 from ' ~ dbt_audiences.state_relation('touched_calls') ~ ' where ' ~ dbt_audiences.event_of_call() ~ ' = '
        ~ dbt_audiences.text_literal(meta.event) ~ ')'
    ) }}
{%- endmacro %}


{#- Statements that write down that a table has the last batch, of which nothing is for it. -#}
{% macro note_passed(name, batch) -%}
        update {{ dbt_audiences.state_relation('taken_up') }} set number = {{ batch.number }} where model = {{ dbt_audiences.text_literal(name) }};
{%- endmacro %}


{#- Statements that write down which batch a table has that was built anew. -#}
{% macro note_taken_up(name, batch) -%}
    {%- if batch.number is not none -%}
    {%- set taken = dbt_audiences.state_relation('taken_up') -%}
    {%- set key = dbt_audiences.text_literal(name) -%}
        delete from {{ taken }} where model = {{ key }};
        insert into {{ taken }} (model, number, fingerprint, added_count) values ({{ key }}, {{ batch.number }}, '{{ batch.fingerprint }}', 0);
    {%- endif -%}
{%- endmacro %}


{#- Adds the batch to a table, and logs whose rows changed; the caller's transaction holds it all. -#}
{% macro take_up(relation, fresh, sql, batch) -%}
    {%- set meta = config.get('meta', {}) -%}
    {%- set columns = dbt_audiences._column_names(relation) -%}
    {%- set of = meta.get('of', 'users') -%}
    {%- set owner = 'account_id' if 'account_id' in columns else 'profile_id' -%}
    {%- set gone = fresh.incorporate(path={'identifier': 'gone_' ~ local_md5(model.name)[:16]}) -%}
    {%- if meta.follows == 'calls' -%}
        {%- set goes = 'message_id in (select message_id from ' ~ dbt_audiences.state_relation('touched_calls') ~ ' where is_moved)'
            if batch.moved_count else 'false' -%}
    {%- elif 'of' in columns -%}
        {%- set goes = '(of, ' ~ owner ~ ') in (select of, id from ' ~ dbt_audiences.state_relation('touched_entities') ~ ')' -%}
    {%- else -%}
        {%- set goes = owner ~ ' in (select id from ' ~ dbt_audiences.state_relation('touched_entities') ~ " where of = '"
            ~ ('accounts' if owner == 'account_id' else of) ~ "')" -%}
    {%- endif -%}
    {%- call statement('fresh') %}
        create temporary table {{ fresh }} as {{ dbt_audiences._of_batch(sql, meta.follows, goes) }};
        create temporary table {{ gone }} as select * from {{ relation }} where {{ goes }};
    {%- endcall -%}
    {%- do dbt_audiences.log_replacement(model.name, gone, fresh) -%}
    {%- call statement('taken_up') %}
        {{ 'delete from ' ~ relation ~ ' where ' ~ goes ~ ';' if goes != 'false' }}
        insert into {{ relation }} select * from {{ fresh }};
        update {{ dbt_audiences.state_relation('taken_up') }}
        set number = {{ batch.number }}, added_count = coalesce(added_count, 0) + (select count(*) from {{ fresh }})
        where model = {{ dbt_audiences.text_literal(model.name) }};
        drop table {{ gone }};
        drop table {{ fresh }};
    {%- endcall -%}
{%- endmacro %}


{#- A model's query over the batch alone: the views of calls and the identifiers are those of the batch. -#}
{% macro _of_batch(sql, follows, goes) -%}
    {%- if follows == 'profiles' -%}{{ return(sql.replace('/* where the profile is touched */', 'where ' ~ goes)) }}{%- endif -%}
    {%- set calls = dbt_audiences.state_relation('touched_calls') -%}
    {%- set found = [sql.replace(
        dbt_audiences.state_relation('profile_identifiers') | string, dbt_audiences.state_relation('touched_identifiers') | string
    )] -%}
    {%- set views = {
        'stg_events': dbt_audiences.staged_events(calls),
        'stg_identifies': dbt_audiences.staged_identifies(calls),
        'stg_groups': dbt_audiences.staged_groups(calls),
    } -%}
    {%- for name, query in views.items() -%}
        {%- do found.append(found[-1].replace(dbt_audiences.state_relation(name) | string, '(' ~ query ~ ')')) -%}
    {%- endfor -%}
    {%- if found[-1] == sql -%}
        {{ exceptions.raise_compiler_error(model.name ~ ' follows batches of calls, and its query reads none of the views of calls') }}
    {%- endif -%}
    {{ return(found[-1]) }}
{%- endmacro %}
