{#- PostgreSQL 16 or newer (`pg_input_is_valid` is what tells a bad date without an error). -#}

{% macro postgres__by_code_point(expression) -%}
    {{ return(expression ~ ' collate "C"') }}
{%- endmacro %}

{#- The database's own locale may know no letters but ASCII's, or lower `I` as Turkish does. -#}
{% macro postgres__lowered(expression) -%}
    {%- set known = [] -%}
    {%- if execute -%}
        {%- set known = run_query(
            "select collname from pg_collation where collname in ('pg_c_utf8', 'C.utf8', 'C.UTF-8', 'und-x-icu') "
            ~ "order by case collname when 'pg_c_utf8' then 1 when 'und-x-icu' then 3 else 2 end, collname limit 1"
        ).columns[0].values() | list -%}
    {%- endif -%}
    {{ return('lower(' ~ expression ~ (' collate ' ~ adapter.quote(known[0]) if known else '') ~ ')') }}
{%- endmacro %}

{% macro postgres__pattern_found(expression, pattern) -%}
    {{ return(expression ~ ' ~ ' ~ dbt_audiences.text_literal(pattern)) }}
{%- endmacro %}

{% macro postgres__json_at(expression, path, last='->') -%}
    {%- set steps = [expression] -%}
    {%- for key in path -%}
        {%- do steps.append((last if loop.last else '->') ~ ' ' ~ dbt_audiences.text_literal(key)) -%}
    {%- endfor -%}
    {{ return('(' ~ steps | join(' ') ~ ')') }}
{%- endmacro %}

{% macro postgres__json_text_at(expression, path) -%}
    {%- if not path -%}{{ return('(' ~ expression ~ " #>> '{}')") }}{%- endif -%}
    {{ return(dbt_audiences.postgres__json_at(expression, path, '->>')) }}
{%- endmacro %}

{#- Each step into a JSON text reads the whole of it: what several paths begin with is taken out first. -#}
{% macro postgres__json_texts_at(expression, paths) -%}
    {%- set parts = [] -%}
    {%- set texts = [] -%}
    {%- for path in paths -%}
        {%- if path | length > 1 and path[0] not in parts -%}{%- do parts.append(path[0]) -%}{%- endif -%}
    {%- endfor -%}
    {%- for path in paths -%}
        {%- set from = 'opened.part_' ~ (parts.index(path[0]) + 1) if path | length > 1 else expression -%}
        {%- do texts.append(dbt_audiences.postgres__json_text_at(from, path[1:] if path | length > 1 else path)) -%}
    {%- endfor -%}
    {%- set array = 'array[' ~ texts | join(', ') ~ ']' -%}
    {%- if not parts -%}{{ return(array) }}{%- endif -%}
    {%- set columns = [] -%}
    {%- for part in parts -%}
        {%- do columns.append(dbt_audiences.postgres__json_at(expression, [part]) ~ ' as part_' ~ loop.index) -%}
    {%- endfor -%}
    {{ return('(select ' ~ array ~ ' from (select ' ~ columns | join(', ') ~ ' offset 0) as opened)') }}
{%- endmacro %}

{#- It writes the expressions of a simple subquery in the place of each reading, unless that could change its rows. -#}
{% macro postgres__computed_once() -%}
    {{ return('\n    offset 0') }}
{%- endmacro %}

{% macro postgres__json_is_number(expression, path) -%}
    {{ return('json_typeof' ~ dbt_audiences.postgres__json_at(expression, path) ~ " = 'number'") }}
{%- endmacro %}

{% macro postgres__to_number(text) -%}
    {%- set pattern = dbt_audiences.value_patterns()['number'] -%}
    {%- set number = 'round(cast(substring(' ~ text ~ ' from ' ~ pattern ~ ') as numeric), 9)' -%}
    {#- A `numeric` ends at 16,383 digits after the point, with an error. -#}
    {{ return(
        'case when length(' ~ text ~ ') < 16000 and abs(' ~ number ~ ') < 1e29 then cast(' ~ number ~ ' as numeric(38, 9)) end'
    ) }}
{%- endmacro %}

{% macro postgres__to_instant(text) -%}
    {%- set patterns = dbt_audiences.value_patterns() -%}
    {%- set local = 'substring(' ~ text ~ ' from ' ~ patterns['local'] ~ ')' -%}
    {%- set offset = 'substring(substr(' ~ text ~ ', 17) from ' ~ patterns['offset'] ~ ')' -%}
    {%- set whole = '(case when length(' ~ text ~ ') = 10 then ' ~ text ~ " || ' 00:00' else " ~ local
        ~ ' end || coalesce(' ~ offset ~ ", 'Z'))" -%}
    {{ return(
        'case when ' ~ text ~ ' ~ ' ~ patterns['instant'] ~ ' and pg_input_is_valid(' ~ whole
        ~ ", 'timestamptz') then cast(" ~ whole ~ " as timestamptz) at time zone 'UTC' end"
    ) }}
{%- endmacro %}

{% macro postgres__epoch_to_instant(number) -%}
    {%- set parts = [] -%}
    {%- for test, per_second in [
        (dbt_audiences.epoch_in_seconds(number), 1), (dbt_audiences.epoch_in_milliseconds(number), 1000)
    ] -%}
        {%- set seconds = 'floor(' ~ number ~ ' / ' ~ per_second ~ ')' -%}
        {%- set micros = 'floor((' ~ number ~ ' / ' ~ per_second ~ ' - ' ~ seconds ~ ') * 1000000)' -%}
        {%- do parts.append(
            'when ' ~ test ~ " then timestamp 'epoch' + " ~ seconds
            ~ " * interval '1 second' + " ~ micros ~ " * interval '1 microsecond'"
        ) -%}
    {%- endfor -%}
    {{ return('case ' ~ parts | join(' ') ~ ' end') }}
{%- endmacro %}

{% macro postgres__row_as_json(alias) -%}
    {{ return('row_to_json(' ~ alias ~ ')') }}
{%- endmacro %}

{% macro postgres__json_quoted(expression) -%}
    {{ return('cast(to_json(' ~ expression ~ ') as text)') }}
{%- endmacro %}

{% macro postgres__each_json_entry(expression) -%}
    {{ return('cross join lateral json_each(' ~ expression ~ ') as entry') }}
{%- endmacro %}

{% macro postgres__lock_state(name) -%}
    {{ return('select pg_advisory_xact_lock(hashtext(' ~ dbt_audiences.text_literal(name) ~ '));') }}
{%- endmacro %}

{% macro postgres__row_hash(columns) -%}
    {{ return('hashtextextended(cast(row(' ~ columns | join(', ') ~ ') as text), 0)') }}
{%- endmacro %}

{% macro postgres__sha256_hex(text) -%}
    {{ return('encode(sha256(convert_to(' ~ text ~ ", 'UTF8')), 'hex')") }}
{%- endmacro %}

{% macro postgres__make_findable(relation, column) -%}
    {{ return(
        'create index if not exists ' ~ adapter.quote(relation.identifier ~ '_by_' ~ column) ~ ' on ' ~ relation ~ ' ('
        ~ adapter.quote(column) ~ ')'
    ) }}
{%- endmacro %}
