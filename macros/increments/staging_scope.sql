{#-
  What a run must stage of the raw table: all calls, or those loaded after the last that was staged.

  Nothing but the new ones is staged where all others are as they were then. That is asked part by part, as the engine keeps the table:
  a part that lies where it lay is as it was, and rows of the others are compared by number and checksum.

  sql      the query of stg_calls
  has_run  whether its table is there
  shape    a mapping: `is_full`; `build` (of the last full staging), `fingerprint` (of the query and of who is suppressed); `since`
           (the last loading that was staged; none where all is) and `loaded_at` (the last that is now); `row_count`, `parts` (of the
           raw table: lists of part, mark, and of the last ones rows and checksum)
-#}
{% macro staging_scope(sql, has_run) -%}
    {%- set raw = api.Relation.create(database=target.database, schema=var('audiences_raw_schema'), identifier='calls') -%}
    {%- set fingerprint = local_md5(sql ~ dbt_audiences._suppressed_now()) -%}
    {%- set found = {'is_full': true, 'build': invocation_id, 'fingerprint': fingerprint, 'since': none, 'parts': []} -%}
    {%- set existing = adapter.get_relation(raw.database, raw.schema, raw.identifier) -%}
    {%- set reads_others = var('audiences_segment_schema') or var('audiences_rudderstack_schema')
        or dbt_audiences.from_project('audiences_event_sources')() -%}
    {%- set parts = dbt_audiences.table_parts(raw) if existing.is_table and not reads_others else none -%}
    {%- set now = run_query('select count(*), max(loaded_at), count(*) - count(loaded_at) from ' ~ raw).rows[0] -%}
    {%- if parts is none or now[2] | int > 0 -%}{{ return(found) }}{%- endif -%}
    {%- do found.update({'row_count': now[0] | int, 'loaded_at': now[1], 'parts': dbt_audiences._parts_now(raw, parts)}) -%}
    {%- set staged = run_query(
        'select build, fingerprint, loaded_at, row_count from ' ~ dbt_audiences.state_relation('calls_staged')
    ).rows -%}
    {%- if not has_run or should_full_refresh() or staged | length != 1 or staged[0][1] != fingerprint or staged[0][2] is none -%}
        {{ return(found) }}
    {%- endif -%}
    {%- set old = 'from ' ~ raw ~ ' where loaded_at <= ' ~ dbt_audiences.literal(staged[0][2], 'instant') -%}
    {%- if run_query('select count(*) ' ~ old).rows[0][0] | int != staged[0][3] | int
        or not dbt_audiences._parts_stand(parts, old) -%}
        {{ return(found) }}
    {%- endif -%}
    {%- do found.update({'is_full': false, 'build': staged[0][0], 'since': staged[0][2]}) -%}
    {{ return(found) }}
{%- endmacro %}


{#- Statements that write down what is staged; as it was looked at before, so that what came in between is found out by the next run. -#}
{% macro note_staged(scope) -%}
    {%- set staged = dbt_audiences.state_relation('calls_staged') -%}
    {%- set parts = dbt_audiences.state_relation('calls_staged_parts') -%}
        delete from {{ staged }};
        insert into {{ staged }} (build, fingerprint, loaded_at, row_count) values (
            '{{ scope.build }}', '{{ scope.fingerprint }}', {{ dbt_audiences.literal(scope.loaded_at, 'instant') if scope.loaded_at else 'null' }},
            {{ scope.row_count or 0 }}
        );
        delete from {{ parts }};
    {%- if scope.parts %}
        insert into {{ parts }} (part, mark, row_count, checksum) values
        {%- for one in scope.parts %}
            ({{ one.part }}, '{{ one.mark }}', {{ one.get('row_count', 'null') }}, {{ "'" ~ one.checksum ~ "'" if 'checksum' in one else 'null' }}){{ ',' if not loop.last }}
        {%- endfor %};
    {%- endif %}
{%- endmacro %}


{#- The parts with number and checksum of rows of the last two: an engine that appends may write the last one anew. -#}
{% macro _parts_now(raw, parts) -%}
    {%- set found = [] -%}
    {%- for one in parts -%}
        {%- set part = {'part': one.part, 'mark': one.mark} -%}
        {%- if loop.revindex <= 2 -%}
            {%- set rows = run_query(dbt_audiences._rows_and_checksum('from ' ~ raw ~ ' where ' ~ one.rows)).rows[0] -%}
            {%- do part.update({'row_count': rows[0] | int, 'checksum': rows[1]}) -%}
        {%- endif -%}
        {%- do found.append(part) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{#- Whether the rows that were staged are the same, in the parts that do not lie where they lay. -#}
{% macro _parts_stand(parts, old) -%}
    {%- set seen = {} -%}
    {%- for row in run_query('select part, mark, row_count, checksum from ' ~ dbt_audiences.state_relation('calls_staged_parts')).rows -%}
        {%- do seen.update({row[0] | int: {'mark': row[1], 'row_count': row[2], 'checksum': row[3]}}) -%}
    {%- endfor -%}
    {%- set moved = [] -%}
    {%- for one in parts if moved or one.part not in seen or seen[one.part].mark != one.mark -%}{%- do moved.append(one) -%}{%- endfor -%}
    {%- set first = moved[0].part if moved else none -%}
    {%- set before = [] -%}
    {%- for part, one in seen.items() if first is not none and part >= first -%}{%- do before.append(one) -%}{%- endfor -%}
    {%- if before | selectattr('checksum', 'none') | list -%}{{ return(false) }}{%- endif -%}
    {%- if first is none -%}{{ return(true) }}{%- endif -%}
    {%- set now = run_query(dbt_audiences._rows_and_checksum(old ~ ' and ' ~ moved[0].rows_from)).rows[0] -%}
    {{ return(
        now[0] | int == before | sum(attribute='row_count') | int
        and now[1] | int == before | map(attribute='checksum') | map('int') | sum
    ) }}
{%- endmacro %}


{% macro _rows_and_checksum(rows) -%}
    {{ return(
        'select count(*), cast(cast(coalesce(sum(' ~ dbt_audiences.row_mark() ~ '), 0) as decimal(38, 0)) as ' ~ dbt.type_string() ~ ') ' ~ rows
    ) }}
{%- endmacro %}


{#- A text that is another one where others are suppressed. -#}
{% macro _suppressed_now() -%}
    {%- if dbt_audiences.suppression_salt() is none -%}{{ return('') }}{%- endif -%}
    {%- set hash = dbt_audiences.row_hash(['type', 'hash', 'cause', 'suppressed_at']) -%}
    {{ return(run_query(
        'select count(*), cast(sum(' ~ hash ~ ') as ' ~ dbt.type_string() ~ ') from ' ~ dbt_audiences.state_relation('suppressions')
    ).rows[0].values() | join(' ')) }}
{%- endmacro %}
