{#-
  Items of arrays. A narrow table keeps those of one array as one column, typed: an engine's list of structures, or JSON whose values
  were converted. A test of one item reads `item.field`, on every engine.

  fields  a list of mappings: `name`, `path` (the keys below the item), `type` (see `typed_value`; also items, with `fields` of its own)
-#}

{#- The items of the JSON array at `path`, with their fields; what is no array is one item, null for absent and null. -#}
{% macro typed_items(json, path, fields, depth=1) -%}
    {{ return(adapter.dispatch('typed_items', 'dbt_audiences')(json, path, fields, depth)) }}
{%- endmacro %}

{% macro default__typed_items(json, path, fields, depth) -%}
    {%- set item = 'opened_' ~ depth ~ '.item' -%}
    {%- set pairs = [] -%}
    {%- for field in fields -%}
        {%- do pairs.append(dbt_audiences.text_literal(field.name) ~ ', ' ~ dbt_audiences.narrow_value(item, field, depth + 1)) -%}
    {%- endfor -%}
    {{ return(
        '(select jsonb_agg(jsonb_build_object(' ~ pairs | join(', ') ~ ') order by opened_' ~ depth ~ '.number) from '
        ~ dbt_audiences.postgres__opened_array(json, path) ~ ' with ordinality as opened_' ~ depth ~ ' (item, number))'
    ) }}
{%- endmacro %}

{% macro duckdb__typed_items(json, path, fields, depth) -%}
    {%- set item = 'opened_' ~ depth -%}
    {%- set pairs = [] -%}
    {%- for field in fields -%}
        {%- do pairs.append(adapter.quote(field.name) ~ ': ' ~ dbt_audiences.narrow_value(item, field, depth + 1)) -%}
    {%- endfor -%}
    {{ return(
        'list_transform(' ~ dbt_audiences.duckdb__opened_array(json, path) ~ ', lambda ' ~ item ~ ': {' ~ pairs | join(', ') ~ '})'
    ) }}
{%- endmacro %}


{#- The items of the JSON array at `path` as a list of values of one type, without those that do not convert; null for absent, null and a single value that does not convert. -#}
{% macro typed_list(json, path, type) -%}
    {{ return(adapter.dispatch('typed_list', 'dbt_audiences')(json, path, type)) }}
{%- endmacro %}

{% macro default__typed_list(json, path, type) -%}
    {%- set array = dbt_audiences.json_at(json, path) if path else json -%}
    {%- set value = dbt_audiences.typed_value('opened.item', [], type) -%}
    {%- set one = dbt_audiences.typed_value(json, path, type) -%}
    {{ return(
        "case when json_typeof(" ~ array ~ ") = 'array' then array(select found from (select opened.number, " ~ value
        ~ ' as found from ' ~ dbt_audiences.postgres__opened_array(json, path)
        ~ ' with ordinality as opened (item, number)) as typed where found is not null order by number) when '
        ~ one ~ ' is not null then array[' ~ one ~ '] end'
    ) }}
{%- endmacro %}

{% macro duckdb__typed_list(json, path, type) -%}
    {%- set array = dbt_audiences.json_at(json, path) if path else json -%}
    {%- set one = dbt_audiences.typed_value(json, path, type) -%}
    {{ return(
        'case when json_type(' ~ array ~ ") = 'ARRAY' then list_filter(list_transform(cast(" ~ array
        ~ ' as json[]), lambda opened: ' ~ dbt_audiences.typed_value('opened', [], type) ~ '), lambda found: found is not null) when '
        ~ one ~ ' is not null then [' ~ one ~ '] end'
    ) }}
{%- endmacro %}


{#- A JSON array as rows, or as a list: a value that is no array stands alone, null is none. -#}
{% macro postgres__opened_array(json, path) -%}
    {%- set array = dbt_audiences.json_at(json, path) if path else json -%}
    {{ return(
        'json_array_elements(case json_typeof(' ~ array ~ ") when 'array' then " ~ array ~ " when 'null' then null else case when "
        ~ array ~ ' is not null then json_build_array(' ~ array ~ ') end end)'
    ) }}
{%- endmacro %}

{% macro duckdb__opened_array(json, path) -%}
    {%- set array = dbt_audiences.json_at(json, path) if path else json -%}
    {{ return(
        'case json_type(' ~ array ~ ") when 'ARRAY' then cast(" ~ array ~ " as json[]) when 'NULL' then null else case when "
        ~ array ~ ' is not null then [' ~ array ~ '] end end'
    ) }}
{%- endmacro %}


{#- Whether some of the items of a column satisfy a test, which reads them as `item.field`; never null. -#}
{% macro some_item(items, item, fields, test) -%}
    {{ return(adapter.dispatch('some_item', 'dbt_audiences')(items, item, fields, test)) }}
{%- endmacro %}

{% macro default__some_item(items, item, fields, test) -%}
    {{ return(
        'exists (\n    select 1\n    from ' ~ dbt_audiences.postgres__items_as_rows(items, item, fields) ~ '\n    where '
        ~ test | indent(8) ~ '\n)'
    ) }}
{%- endmacro %}

{% macro duckdb__some_item(items, item, fields, test) -%}
    {%- set found = dbt_audiences.laid_out('list_filter(', [items, 'lambda ' ~ item ~ ': ' ~ test], ')') -%}
    {{ return('coalesce(len(' ~ found ~ ') > 0, false)') }}
{%- endmacro %}


{#- The earliest of several instants of all items of a column; null where there is none. -#}
{% macro earliest_of_items(items, item, fields, instants) -%}
    {{ return(adapter.dispatch('earliest_of_items', 'dbt_audiences')(items, item, fields, instants)) }}
{%- endmacro %}

{% macro default__earliest_of_items(items, item, fields, instants) -%}
    {{ return(
        '(\n    select min(' ~ dbt_audiences.earliest(instants) | indent(4) ~ ')\n    from '
        ~ dbt_audiences.postgres__items_as_rows(items, item, fields) ~ '\n)'
    ) }}
{%- endmacro %}

{% macro duckdb__earliest_of_items(items, item, fields, instants) -%}
    {%- set each = 'lambda ' ~ item ~ ': ' ~ dbt_audiences.earliest(instants) -%}
    {{ return('list_min(' ~ dbt_audiences.laid_out('list_transform(', [items, each], ')') ~ ')') }}
{%- endmacro %}

{% macro postgres__items_as_rows(items, item, fields) -%}
    {%- if not fields -%}{{ return('jsonb_array_elements(' ~ items ~ ') as ' ~ item) }}{%- endif -%}
    {%- set columns = [] -%}
    {%- for field in fields -%}
        {%- do columns.append(adapter.quote(field[0]) ~ ' ' ~ dbt_audiences.postgres__column_type(field[1])) -%}
    {%- endfor -%}
    {{ return('jsonb_to_recordset(' ~ items ~ ') as ' ~ item ~ dbt_audiences.filled(' (', columns, ')')) }}
{%- endmacro %}

{% macro postgres__column_type(type) -%}
    {%- set types = {
        'number': 'numeric(38, 9)', 'text': 'text', 'boolean': 'boolean', 'instant': 'timestamp', 'presence': 'boolean',
        'items': 'jsonb', 'numbers': 'numeric[]', 'texts': 'text[]', 'instants': 'timestamp[]',
    } -%}
    {{ return(types[type]) }}
{%- endmacro %}


{#- Whether a value is in a list of typed values; null where either is missing. -#}
{% macro in_list(value, list) -%}
    {{ return(adapter.dispatch('in_list', 'dbt_audiences')(value, list)) }}
{%- endmacro %}

{% macro default__in_list(value, list) -%}
    {{ return(value ~ ' = any(' ~ list ~ ')') }}
{%- endmacro %}

{% macro duckdb__in_list(value, list) -%}
    {{ return('list_contains(' ~ list ~ ', ' ~ value ~ ')') }}
{%- endmacro %}


{#- Whether a test holds of some value of a list of typed values, which it reads as `value`; never null. -#}
{% macro some_value(list, value, test) -%}
    {{ return(adapter.dispatch('some_value', 'dbt_audiences')(list, value, test)) }}
{%- endmacro %}

{% macro default__some_value(list, value, test) -%}
    {{ return('exists (select 1 from unnest(' ~ list ~ ') as listed (' ~ value ~ ') where ' ~ test ~ ')') }}
{%- endmacro %}

{% macro duckdb__some_value(list, value, test) -%}
    {{ return('coalesce(len(list_filter(' ~ list ~ ', lambda ' ~ value ~ ': ' ~ test ~ ')) > 0, false)') }}
{%- endmacro %}


{#- All values of a column as one list. -#}
{% macro list_of(column) -%}
    {{ return(adapter.dispatch('list_of', 'dbt_audiences')(column)) }}
{%- endmacro %}

{% macro default__list_of(column) -%}
    {{ return('array_agg(' ~ column ~ ')') }}
{%- endmacro %}

{% macro duckdb__list_of(column) -%}
    {{ return('list(' ~ column ~ ')') }}
{%- endmacro %}


{#- A query that yields each text of a JSON array, given as a text, as `value`. -#}
{% macro each_json_text(json) -%}
    {{ return(adapter.dispatch('each_json_text', 'dbt_audiences')(json)) }}
{%- endmacro %}

{% macro default__each_json_text(json) -%}
    {{ return('select listed.value from json_array_elements_text(cast(' ~ json ~ ' as json)) as listed (value)') }}
{%- endmacro %}

{% macro duckdb__each_json_text(json) -%}
    {{ return('select unnest(from_json(' ~ json ~ ", '[\"VARCHAR\"]')) as value") }}
{%- endmacro %}


{#- A list of texts that is empty. -#}
{% macro no_texts() -%}
    {{ return(adapter.dispatch('no_texts', 'dbt_audiences')()) }}
{%- endmacro %}

{% macro default__no_texts() -%}
    {{ return('cast(array[] as text[])') }}
{%- endmacro %}


{#- The text below `key` of the first item of the JSON array at `path` whose members are the texts of `marks`; null without one. -#}
{% macro text_of_item(json, path, marks, key) -%}
    {{ return(adapter.dispatch('text_of_item', 'dbt_audiences')(json, path, marks, key)) }}
{%- endmacro %}

{% macro default__text_of_item(json, path, marks, key) -%}
    {{ return(
        '(select ' ~ dbt_audiences.json_text_at('opened.item', [key]) ~ ' from '
        ~ dbt_audiences.postgres__opened_array(json, path) ~ ' with ordinality as opened (item, number) where '
        ~ dbt_audiences._marked('opened.item', marks) ~ ' order by opened.number limit 1)'
    ) }}
{%- endmacro %}

{% macro duckdb__text_of_item(json, path, marks, key) -%}
    {%- set items = dbt_audiences.duckdb__opened_array(json, path) -%}
    {%- set found = 'list_filter(' ~ items ~ ', lambda item: ' ~ dbt_audiences._marked('item', marks) ~ ')[1]' -%}
    {{ return(dbt_audiences.json_text_at(found, [key])) }}
{%- endmacro %}

{% macro _marked(item, marks) -%}
    {%- set tests = [] -%}
    {%- for name, text in marks.items() -%}
        {%- do tests.append(dbt_audiences.json_text_at(item, [name]) ~ ' = ' ~ dbt_audiences.text_literal(text)) -%}
    {%- endfor -%}
    {{ return(tests | join(' and ')) }}
{%- endmacro %}
