{#- DuckDB 2.0: what it does its own way. Its regular expressions are RE2's. -#}

{% macro duckdb__pattern_found(expression, pattern) -%}
    {{ return('regexp_matches(' ~ expression ~ ', ' ~ dbt_audiences.text_literal(pattern) ~ ')') }}
{%- endmacro %}

{#- A key `*` means every key in a path, also in quotes; only the other notation, a JSON pointer, takes it for a name. -#}
{% macro duckdb__json_path(path) -%}
    {%- set keys = [] -%}
    {%- if '*' in path -%}
        {%- for key in path -%}{%- do keys.append('/' ~ key.replace('~', '~0').replace('/', '~1')) -%}{%- endfor -%}
        {{ return(dbt_audiences.text_literal(keys | join)) }}
    {%- endif -%}
    {%- for key in path -%}
        {%- do keys.append('."' ~ key.replace('\\', '\\\\').replace('"', '\\"') ~ '"') -%}
    {%- endfor -%}
    {{ return(dbt_audiences.text_literal('$' ~ keys | join)) }}
{%- endmacro %}

{% macro duckdb__json_at(expression, path) -%}
    {{ return('json_extract(' ~ expression ~ ', ' ~ dbt_audiences.duckdb__json_path(path) ~ ')') }}
{%- endmacro %}

{% macro duckdb__json_text_at(expression, path) -%}
    {{ return('json_extract_string(' ~ expression ~ ', ' ~ dbt_audiences.duckdb__json_path(path) ~ ')') }}
{%- endmacro %}

{% macro duckdb__json_texts_at(expression, paths) -%}
    {%- set found = [] -%}
    {%- for path in paths -%}{%- do found.append(dbt_audiences.duckdb__json_path(path)) -%}{%- endfor -%}
    {{ return('json_extract_string(' ~ expression ~ ', [' ~ found | join(', ') ~ '])') }}
{%- endmacro %}

{% macro duckdb__json_is_number(expression, path) -%}
    {%- set kind = 'json_type(' ~ expression ~ ', ' ~ dbt_audiences.duckdb__json_path(path) ~ ')' -%}
    {{ return(kind ~ " in ('UBIGINT', 'BIGINT', 'HUGEINT', 'DOUBLE')") }}
{%- endmacro %}

{#- Every other way to a JSON number goes through a float. -#}
{% macro duckdb__json_number_at(expression, path) -%}
    {%- set structure = namespace(text=tojson(dbt_audiences.number_type())) -%}
    {%- set place = namespace(opened='', closed='') -%}
    {%- for key in path -%}
        {%- set place.opened = 'struct_extract(' ~ place.opened -%}
        {%- set place.closed = place.closed ~ ', ' ~ dbt_audiences.text_literal(key) ~ ')' -%}
    {%- endfor -%}
    {%- for key in path | reverse -%}
        {%- set structure.text = '{' ~ tojson(key) ~ ':' ~ structure.text ~ '}' -%}
    {%- endfor -%}
    {{ return(
        place.opened ~ 'from_json(' ~ expression ~ ', ' ~ dbt_audiences.text_literal(structure.text) ~ ')' ~ place.closed
    ) }}
{%- endmacro %}

{% macro duckdb__json_to_number(expression, path) -%}
    {{ return(
        'case when ' ~ dbt_audiences.json_is_number(expression, path) ~ ' then '
        ~ dbt_audiences.json_number_at(expression, path) ~ ' else '
        ~ dbt_audiences.to_number(dbt_audiences.json_text_at(expression, path)) ~ ' end'
    ) }}
{%- endmacro %}

{% macro duckdb__to_number(text) -%}
    {%- set pattern = dbt_audiences.value_patterns()['number'] -%}
    {{ return('try_cast(regexp_extract(' ~ text ~ ', ' ~ pattern ~ ', 1) as decimal(38, 9))') }}
{%- endmacro %}

{% macro duckdb__to_instant(text) -%}
    {%- set patterns = dbt_audiences.value_patterns() -%}
    {%- set local = 'regexp_extract(' ~ text ~ ', ' ~ patterns['local'] ~ ', 1)' -%}
    {%- set offset = 'regexp_extract(substr(' ~ text ~ ', 17), ' ~ patterns['offset'] ~ ', 1)' -%}
    {{ return(
        'case when regexp_matches(' ~ text ~ ', ' ~ patterns['instant'] ~ ') then try_cast(case when length(' ~ text
        ~ ') = 10 then ' ~ text ~ " || ' 00:00' else " ~ local ~ ' end || coalesce(nullif(' ~ offset
        ~ ", ''), 'Z') as timestamptz) at time zone 'UTC' end"
    ) }}
{%- endmacro %}

{% macro duckdb__epoch_to_instant(number) -%}
    {%- set micros = 'cast(floor(cast(' ~ number ~ ' as decimal(24, 9)) * ' -%}
    {{ return(
        'case when ' ~ dbt_audiences.epoch_in_seconds(number) ~ ' then make_timestamp(' ~ micros ~ '1000000) as bigint)) when '
        ~ dbt_audiences.epoch_in_milliseconds(number) ~ ' then make_timestamp(' ~ micros ~ '1000) as bigint)) end'
    ) }}
{%- endmacro %}

{% macro duckdb__row_as_json(alias) -%}
    {{ return('to_json(' ~ alias ~ ')') }}
{%- endmacro %}

{% macro duckdb__json_quoted(expression) -%}
    {{ return('cast(to_json(' ~ expression ~ ') as varchar)') }}
{%- endmacro %}

{% macro duckdb__each_json_entry(expression) -%}
    {{ return('cross join lateral json_each(' ~ expression ~ ') as entry') }}
{%- endmacro %}

{% macro duckdb__row_hash(columns) -%}
    {{ return('cast(hash(' ~ columns | join(', ') ~ ') as hugeint)') }}
{%- endmacro %}

{% macro duckdb__sha256_hex(text) -%}
    {{ return('sha256(' ~ text ~ ')') }}
{%- endmacro %}

{#- A column that is empty throughout is known without reading it; `exists` beside `exists` is planned as joins, which takes longer. -#}
{% macro duckdb__have_values(expressions, rows) -%}
    {%- set found = [] -%}
    {%- for expression in expressions -%}
        {%- do found.append(
            '(select ' ~ loop.index0 ~ ' as found from (select * from ' ~ rows ~ ') as those where ' ~ expression ~ ' is not null limit 1)'
        ) -%}
    {%- endfor -%}
    {%- set places = run_query(found | join(' union all ')).columns[0].values() | map('int') | list -%}
    {%- set has = [] -%}
    {%- for expression in expressions -%}{%- do has.append(loop.index0 in places) -%}{%- endfor -%}
    {{ return(has) }}
{%- endmacro %}
