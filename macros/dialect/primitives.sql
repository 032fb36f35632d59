{#-
  Every primitive that differs between engines, one face each. A new engine is one file beside this one that overrides what it
  must; nothing outside this folder asks which engine it is. Instants are naive timestamps in UTC, to the microsecond.
-#}

{#- SQL string literal of any text but NUL. -#}
{% macro text_literal(value) -%}
    {{ return(adapter.dispatch('text_literal', 'dbt_audiences')(value)) }}
{%- endmacro %}

{#- What ends a line is written by its code: the lines of compiled SQL are indented, and those of a text must not be. -#}
{% macro default__text_literal(value) -%}
    {%- set literal = namespace(text="'" ~ (value | string).replace("'", "''") ~ "'") -%}
    {%- if literal.text.splitlines() | length > 1 -%}
        {%- for code in [10, 11, 12, 13, 28, 29, 30, 133, 8232, 8233] -%}
            {%- set literal.text = literal.text.replace('%c' | format(code), "' || chr(" ~ code ~ ") || '") -%}
        {%- endfor -%}
        {{ return('(' ~ literal.text ~ ')') }}
    {%- endif -%}
    {{ return(literal.text) }}
{%- endmacro %}

{#- The exact decimal that every number is: 29 digits before and 9 after the point. -#}
{% macro number_type() -%}
    {{ return(adapter.dispatch('number_type', 'dbt_audiences')()) }}
{%- endmacro %}

{% macro default__number_type() -%}
    {{ return('decimal(38, 9)') }}
{%- endmacro %}

{#- `value` (a decimal's text, an ISO instant, a text, a boolean) as a literal of `type`. -#}
{% macro literal(value, type) -%}
    {%- if type == 'number' -%}
        {{ return('cast(' ~ dbt_audiences.text_literal(value) ~ ' as ' ~ dbt_audiences.number_type() ~ ')') }}
    {%- elif type == 'instant' -%}
        {%- set text = value if value is string else value.isoformat(' ') -%}
        {{ return("timestamp '" ~ text.replace('T', ' ').replace('Z', '') ~ "'") }}
    {%- elif type == 'boolean' -%}
        {{ return('true' if value else 'false') }}
    {%- elif type == 'text' -%}
        {{ return(dbt_audiences.text_literal(value)) }}
    {%- endif -%}
    {{ exceptions.raise_compiler_error('literal(): unknown type `' ~ type ~ '`; it is number, text, boolean or instant') }}
{%- endmacro %}

{#- `expression` moved by `count` whole `unit`s, backwards where `sign` is '-'; months and years stop at a month's last day. -#}
{% macro shift(expression, count, unit, sign='+') -%}
    {{ return(adapter.dispatch('shift', 'dbt_audiences')(expression, count, unit, sign)) }}
{%- endmacro %}

{% macro default__shift(expression, count, unit, sign) -%}
    {%- if count == 0 -%}{{ return(expression) }}{%- endif -%}
    {{ return(expression ~ ' ' ~ sign ~ " interval '" ~ count ~ ' ' ~ unit ~ "'") }}
{%- endmacro %}

{#- The first instant, in UTC, of the local day `days` after the local day of `expression` in `timezone`. -#}
{% macro local_midnight(expression, days, timezone) -%}
    {{ return(adapter.dispatch('local_midnight', 'dbt_audiences')(expression, days, timezone)) }}
{%- endmacro %}

{% macro default__local_midnight(expression, days, timezone) -%}
    {%- set local = dbt_audiences.local_part(expression, 'day', timezone) -%}
    {{ return(dbt_audiences.first_instant(dbt_audiences.shift(local, days, 'days'), timezone)) }}
{%- endmacro %}

{#- The earliest of several instants, nulls skipped; null when all are. -#}
{% macro earliest(expressions) -%}
    {{ return(adapter.dispatch('earliest', 'dbt_audiences')(expressions)) }}
{%- endmacro %}

{% macro default__earliest(expressions) -%}
    {%- if expressions | length == 1 -%}{{ return(expressions[0]) }}{%- endif -%}
    {{ return(dbt_audiences.laid_out('least(', expressions, ')')) }}
{%- endmacro %}

{#- Texts ordered by code point, whatever the database's collation. -#}
{% macro by_code_point(expression) -%}
    {{ return(adapter.dispatch('by_code_point', 'dbt_audiences')(expression)) }}
{%- endmacro %}

{% macro default__by_code_point(expression) -%}
    {{ return(expression) }}
{%- endmacro %}

{#- A text in lower case, letter by letter, whatever the database's locale. -#}
{% macro lowered(expression) -%}
    {{ return(adapter.dispatch('lowered', 'dbt_audiences')(expression)) }}
{%- endmacro %}

{% macro default__lowered(expression) -%}
    {{ return('lower(' ~ expression ~ ')') }}
{%- endmacro %}

{#- A text without case: lowered code point by code point, so that its length stays; of the two small sigmas one is left. -#}
{% macro case_ignored(expression) -%}
    {{ return("translate(" ~ dbt_audiences.lowered(expression) ~ ", 'ς', 'σ')") }}
{%- endmacro %}

{#- Whether a portable pattern occurs in a text. -#}
{% macro pattern_found(expression, pattern) -%}
    {{ return(adapter.dispatch('pattern_found', 'dbt_audiences')(expression, pattern)) }}
{%- endmacro %}

{#- The JSON value at `path` (a list of keys, never an array's index), as the engine's JSON. -#}
{% macro json_at(expression, path) -%}
    {{ return(adapter.dispatch('json_at', 'dbt_audiences')(expression, path)) }}
{%- endmacro %}

{#- The same as text: a string without its quotes, all else as JSON writes it; null for absent and null. -#}
{% macro json_text_at(expression, path) -%}
    {{ return(adapter.dispatch('json_text_at', 'dbt_audiences')(expression, path)) }}
{%- endmacro %}

{#- The texts at several paths, as one array in their order, read in one go where the engine can. -#}
{% macro json_texts_at(expression, paths) -%}
    {{ return(adapter.dispatch('json_texts_at', 'dbt_audiences')(expression, paths)) }}
{%- endmacro %}

{#- What ends a query whose values are read more than once, on an engine that would compute them for each reading. -#}
{% macro computed_once() -%}
    {{ return(adapter.dispatch('computed_once', 'dbt_audiences')()) }}
{%- endmacro %}

{% macro default__computed_once() -%}
    {{ return('') }}
{%- endmacro %}

{#- Whether the JSON value at `path` is a number. -#}
{% macro json_is_number(expression, path) -%}
    {{ return(adapter.dispatch('json_is_number', 'dbt_audiences')(expression, path)) }}
{%- endmacro %}

{#- A text as the exact decimal that it writes, else null. -#}
{% macro to_number(text) -%}
    {{ return(adapter.dispatch('to_number', 'dbt_audiences')(text)) }}
{%- endmacro %}

{#- The JSON number at `path` as an exact decimal, whatever the engine's JSON makes of many digits; asked of JSON numbers only. -#}
{% macro json_number_at(expression, path) -%}
    {{ return(adapter.dispatch('json_number_at', 'dbt_audiences')(expression, path)) }}
{%- endmacro %}

{% macro default__json_number_at(expression, path) -%}
    {{ return(dbt_audiences.to_number(dbt_audiences.json_text_at(expression, path))) }}
{%- endmacro %}

{#- The same of a JSON number or a text that writes one, else null. -#}
{% macro json_to_number(expression, path) -%}
    {{ return(adapter.dispatch('json_to_number', 'dbt_audiences')(expression, path)) }}
{%- endmacro %}

{% macro default__json_to_number(expression, path) -%}
    {{ return(dbt_audiences.to_number(dbt_audiences.json_text_at(expression, path))) }}
{%- endmacro %}

{#- A text as the instant that it writes, in the years 1 to 9999, else null. -#}
{% macro to_instant(text) -%}
    {%- set instant = adapter.dispatch('to_instant', 'dbt_audiences')(text) -%}
    {#- Only an offset can lead out of these years. -#}
    {{ return(
        'case when substr(' ~ text ~ ", 1, 4) not in ('0001', '9999') or " ~ instant
        ~ " between timestamp '0001-01-01 00:00:00' and timestamp '9999-12-31 23:59:59.999999' then " ~ instant ~ ' end'
    ) }}
{%- endmacro %}

{#- A number of seconds (below 1e11) or milliseconds (below 1e14) since 1970 as an instant from the year 1 on, else null. -#}
{% macro epoch_to_instant(number) -%}
    {{ return(adapter.dispatch('epoch_to_instant', 'dbt_audiences')(number)) }}
{%- endmacro %}

{% macro epoch_in_seconds(number) -%}
    {{ return(number ~ ' >= -62135596800 and ' ~ number ~ ' < 100000000000') }}
{%- endmacro %}

{% macro epoch_in_milliseconds(number) -%}
    {{ return(
        'abs(' ~ number ~ ') >= 100000000000 and ' ~ number ~ ' >= -62135596800000 and ' ~ number ~ ' < 100000000000000'
    ) }}
{%- endmacro %}

{#- A whole row of the relation with this alias as one JSON object. -#}
{% macro row_as_json(alias) -%}
    {{ return(adapter.dispatch('row_as_json', 'dbt_audiences')(alias)) }}
{%- endmacro %}

{#- A text expression as a JSON string. -#}
{% macro json_quoted(expression) -%}
    {{ return(adapter.dispatch('json_quoted', 'dbt_audiences')(expression)) }}
{%- endmacro %}

{#- The engine's JSON type, which keeps the text as it was written. -#}
{% macro json_type() -%}
    {{ return(adapter.dispatch('json_type', 'dbt_audiences')()) }}
{%- endmacro %}

{% macro default__json_type() -%}
    {{ return('json') }}
{%- endmacro %}

{#- The join that yields one row for each key and value of a JSON object, as `entry.key` and `entry.value` (JSON). -#}
{% macro each_json_entry(expression) -%}
    {{ return(adapter.dispatch('each_json_entry', 'dbt_audiences')(expression)) }}
{%- endmacro %}

{#- A statement that makes a second transaction on the same state wait for the first; empty where the engine has one writer. -#}
{% macro lock_state(name) -%}
    {{ return(adapter.dispatch('lock_state', 'dbt_audiences')(name)) }}
{%- endmacro %}

{% macro default__lock_state(name) -%}
    {{ return('') }}
{%- endmacro %}

{#- A whole number that differs where two rows differ in these columns. -#}
{% macro row_hash(columns) -%}
    {{ return(adapter.dispatch('row_hash', 'dbt_audiences')(columns)) }}
{%- endmacro %}

{#- The SHA-256 of a text, as 64 lower-case hexadecimal digits. -#}
{% macro sha256_hex(text) -%}
    {{ return(adapter.dispatch('sha256_hex', 'dbt_audiences')(text)) }}
{%- endmacro %}

{#- Which of some expressions has a value in any of these rows: a list of booleans, in their order. It asks the warehouse. -#}
{% macro have_values(expressions, rows) -%}
    {{ return(adapter.dispatch('have_values', 'dbt_audiences')(expressions, rows)) }}
{%- endmacro %}

{% macro default__have_values(expressions, rows) -%}
    {%- set found = [] -%}
    {%- for expression in expressions -%}{%- do found.append('count(' ~ expression ~ ') > 0 as found_' ~ loop.index) -%}{%- endfor -%}
    {{ return(run_query('select ' ~ found | join(', ') ~ ' from ' ~ rows).rows[0].values() | list) }}
{%- endmacro %}

{#- The patterns that both engines read texts with, as SQL literals: a number, a whole instant, its local part, its offset. -#}
{% macro value_patterns() -%}
    {%- set blank = '[ \\t\\n\\r\\f\\v]*' -%}
    {%- set day = '(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})-[0-9]{2}-[0-9]{2}' -%}
    {%- set clock = '[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]' -%}
    {%- set offset = '(Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)' -%}
    {{ return({
        'number': "'^" ~ blank ~ '([+-]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)' ~ blank ~ "$'",
        'instant': "'^" ~ day ~ '(?:' ~ clock ~ '(?::[0-5][0-9](?:\\.[0-9]+)?)?' ~ offset ~ "?)?$'",
        'local': "'^(" ~ day ~ clock ~ "(?::[0-5][0-9](?:\\.[0-9]{1,6})?)?)'",
        'offset': "'" ~ offset ~ "$'",
    }) }}
{%- endmacro %}


{#- A statement after which the rows with one value of a column are found without reading all; none where the engine needs no help. -#}
{% macro make_findable(relation, column) -%}
    {{ return(adapter.dispatch('make_findable', 'dbt_audiences')(relation, column)) }}
{%- endmacro %}

{#- DuckDB keeps the least and the greatest value of each stretch of rows. -#}
{% macro default__make_findable(relation, column) -%}
    {{ return(none) }}
{%- endmacro %}
