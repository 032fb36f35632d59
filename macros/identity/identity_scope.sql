{#-
  What a run of `profile_graph` must look at: all calls, or those of components that new calls reach.

  Calls count as new when they were loaded after the last that was seen. All others must be as they were then: staged in the same
  build, or, where calls are staged anew each time, equal in number and in a checksum of whom they name. The rules must be the same, too.

  Where not all is looked at, it makes the temporary tables of `graph_scope`.

  rules  a mapping: `types` and `limits`, as `identifier_types` and `profile_limits` give them
  shape  a mapping: `is_full`, `is_touched` (whether anything is in the scope or newly blocked), `fingerprint` (of the rules), `sql`
         (the model's query, of what is touched), `columns` (those that have identifiers in old calls, where not all is looked at)
-#}
{% macro identity_scope(sql, rules, has_run) -%}
    {%- set types = rules.types -%}
    {%- set fingerprint = local_md5(sql ~ tojson(rules)) -%}
    {%- set found = {'is_full': true, 'is_touched': true, 'fingerprint': fingerprint, 'sql': sql} -%}
    {%- if not has_run or should_full_refresh() -%}{{ return(found) }}{%- endif -%}
    {%- set seen = run_query(
        'select fingerprint, loaded_at, call_count, checksum, sql_trait_count, build from ' ~ dbt_audiences.state_relation('identity_seen')
    ).rows -%}
    {%- if seen | length != 1 or seen[0][0] != fingerprint -%}{{ return(found) }}{%- endif -%}
    {%- set build = dbt_audiences._appended_build() -%}
    {%- if build is not none and seen[0][5] != build -%}{{ return(found) }}{%- endif -%}
    {%- set loaded_at = dbt_audiences.literal(seen[0][1], 'instant') -%}
    {%- set old = 'where loaded_at is null or loaded_at <= ' ~ loaded_at -%}
    {%- set columns = dbt_audiences._naming_columns(types, old) if build is none else [] -%}
    {%- set now = run_query(dbt_audiences._seen(columns, old, build is none)).rows[0] -%}
    {%- if now[2] | int < seen[0][4] | int
        or (build is none and (now[0] | int != seen[0][2] | int or '%d' | format(now[1]) != seen[0][3])) -%}
        {{ return(found) }}
    {%- endif -%}
    {%- call statement('scope') -%}{{ dbt_audiences.graph_scope(types, loaded_at) }}{%- endcall -%}
    {%- set touched = 'select 1 from graph_scope' -%}
    {%- if types | selectattr('is_blocked') | list -%}
        {%- set blocked = dbt_audiences.blocked_calls(types, 'and loaded_at > ' ~ loaded_at) -%}
        {%- set touched = touched ~ ' union all select 1 from (' ~ blocked ~ ') as blocked' -%}
    {%- endif -%}
    {%- do found.update({
        'is_full': false,
        'columns': columns,
        'is_touched': run_query(touched ~ ' limit 1').rows | length > 0,
        'sql': sql.replace('/* and calls of touched profiles */', 'and ' ~ dbt_audiences._names_touched(types, loaded_at))
            .replace('/* and identifiers of touched profiles */', 'and ' ~ dbt_audiences._is_touched('type', 'value')),
    }) -%}
    {{ return(found) }}
{%- endmacro %}


{#- Statements that write down what is seen now; where calls are known by identity_scope to be as they were, the new ones are added. -#}
{% macro note_identity_seen(types, scope) -%}
    {%- set table = dbt_audiences.state_relation('identity_seen') -%}
    {%- set calls = dbt_audiences.state_relation('stg_calls') -%}
    {%- set build = dbt_audiences._appended_build() -%}
    {%- set columns = dbt_audiences._naming_columns(types) if build is none else [] -%}
    {%- set adds = not scope.is_full and columns == scope.columns and build is none -%}
        {{ dbt_audiences.note_blocked(types, scope.is_full) }}
        create temporary table graph_seen as
        select
            (select coalesce(max(loaded_at), timestamp '1970-01-01 00:00:00') from {{ calls }}) as loaded_at,
            fresh.*
        from ({{ dbt_audiences._seen(columns, 'where loaded_at > (select loaded_at from ' ~ table ~ ')' if adds else '', build is none) }}) as fresh;
    {%- if adds %}
        update graph_seen set
            call_count = graph_seen.call_count + s.call_count,
            checksum = graph_seen.checksum + cast(s.checksum as decimal(38, 0))
        from {{ table }} as s;
    {%- endif %}
        delete from {{ table }};
        insert into {{ table }} (fingerprint, loaded_at, call_count, checksum, sql_trait_count, build)
        select
            '{{ scope.fingerprint }}', loaded_at, call_count, cast(checksum as {{ dbt.type_string() }}), sql_trait_count,
            {{ "'" ~ build ~ "'" if build else 'null' }}
        from graph_seen;
        drop table graph_seen;
{%- endmacro %}


{#- How many calls there are of those that a filter lets by, a checksum of whom they name, and how many identifiers SQL traits have. -#}
{% macro _seen(columns, filter, reads_calls=true) -%}
    {%- set traits = '(select count(*) from ' ~ dbt_audiences.state_relation('sql_trait_identifiers') ~ ') as sql_trait_count' -%}
    {%- if not reads_calls %}
        select cast(null as bigint) as call_count, cast(null as decimal(38, 0)) as checksum, {{ traits }}
    {%- else %}
        select
            count(*) as call_count,
            cast(coalesce(sum({{ dbt_audiences.row_hash(['occurred_at', 'type'] + columns) }}), 0) as decimal(38, 0)) as checksum,
            {{ traits }}
        from {{ dbt_audiences.state_relation('stg_calls') }}
        {{ filter }}
    {%- endif %}
{%- endmacro %}


{#- The build of stg_calls that calls are added to; none where they are staged anew each time, or in a preview. -#}
{% macro _appended_build() -%}
    {%- if var('audiences_identity_preview', false) -%}{{ return(none) }}{%- endif -%}
    {%- set staged = run_query(
        'select build from ' ~ dbt_audiences.state_relation('calls_staged') ~ ' where loaded_at is not null'
    ).rows -%}
    {{ return(staged[0][0] if staged else none) }}
{%- endmacro %}


{#- The columns that have identifiers in any of these calls: the others need not be read. -#}
{% macro _naming_columns(types, filter='') -%}
    {%- set columns = ['previous_id'] + types | map(attribute='column') | list -%}
    {%- set rows = '(select * from ' ~ dbt_audiences.state_relation('stg_calls') ~ ' ' ~ filter ~ ') as calls' -%}
    {%- set filled = dbt_audiences.have_values(columns, rows) -%}
    {%- set found = [] -%}
    {%- for column in columns -%}
        {%- if filled[loop.index0] -%}{%- do found.append(column) -%}{%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{#- A call is of a touched profile by the first identifier that ties it to anything; new ones count that have nothing but shared ones. -#}
{% macro _names_touched(types, loaded_at) -%}
    {%- set found = [dbt_audiences._is_touched('identifier_type', 'identifier_value', 'not is_shared')] -%}
    {%- if run_query(dbt_audiences.known_shared() ~ ' limit 1').rows | length -%}
        {%- set others = ['loaded_at > ' ~ loaded_at] -%}
        {%- for type in types + [{'name': 'anonymous_id', 'column': 'previous_id'}] -%}
            {%- do others.append(
                type.column ~ " in (select value from graph_scope where type = '" ~ type.name ~ "' and not is_shared)"
            ) -%}
        {%- endfor -%}
        {%- do found.append(
            dbt_audiences.is_among('identifier_type', 'identifier_value', '(' ~ dbt_audiences.known_shared() ~ ') as known')
            ~ ' and (' ~ others | join(' or ') ~ ')'
        ) -%}
    {%- endif -%}
    {{ return('(' ~ found | join(' or ') ~ ')') }}
{%- endmacro %}


{% macro _is_touched(type, value, more='true') -%}
    {{ return(dbt_audiences.is_among(type, value, 'graph_scope where ' ~ more)) }}
{%- endmacro %}
