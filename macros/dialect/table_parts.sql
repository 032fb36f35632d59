{#-
  The parts of a table, as the engine keeps them: a part whose mark is as it was has the same rows, but for deleted ones. None where the
  engine does not tell.

  shape  a list of mappings: `part` (a number), `mark` (a text), `rows` and `rows_from` (SQL: whether a row is of it; of it or a later one)
-#}
{% macro table_parts(relation) -%}
    {{ return(adapter.dispatch('table_parts', 'dbt_audiences')(relation)) }}
{%- endmacro %}


{% macro default__table_parts(relation) -%}
    {{ return(none) }}
{%- endmacro %}


{#- Row groups, by where their segments lie in the file. -#}
{% macro duckdb__table_parts(relation) -%}
    {%- set parts, before = [], [0] -%}
    {%- set columns = 'segment_type, start, count, stats, has_updates, persistent, block_id, block_offset, additional_block_ids' -%}
    {%- set rows = run_query(
        'select row_group_id, cast(sum(hash(column_path, segment_id, ' ~ columns ~ ")) as text), sum(count) filter (column_path = '[0]') "
        ~ 'from pragma_storage_info(' ~ dbt_audiences.text_literal(relation | string) ~ ') group by row_group_id order by row_group_id'
    ).rows -%}
    {%- for row in rows -%}
        {%- set first, next = before[0], before[0] + row[2] | int -%}
        {%- do parts.append({
            'part': row[0] | int, 'mark': row[1], 'rows': 'rowid >= ' ~ first ~ ' and rowid < ' ~ next, 'rows_from': 'rowid >= ' ~ first,
        }) -%}
        {%- do before.insert(0, next) -%}
    {%- endfor -%}
    {{ return(parts) }}
{%- endmacro %}


{#- One part that nothing vouches for: its rows are compared by the transactions that wrote them. -#}
{% macro postgres__table_parts(relation) -%}
    {{ return([{'part': 0, 'mark': invocation_id, 'rows': 'true', 'rows_from': 'true'}]) }}
{%- endmacro %}


{#- A whole number of a row of the raw calls, whose sum is another one after any change. -#}
{% macro row_mark() -%}
    {{ return(adapter.dispatch('row_mark', 'dbt_audiences')()) }}
{%- endmacro %}


{% macro default__row_mark() -%}
    {{ return(dbt_audiences.row_hash(dbt_audiences.call_columns() | map('first') | list)) }}
{%- endmacro %}


{% macro postgres__row_mark() -%}
    {{ return('cast(cast(xmin as text) as bigint)') }}
{%- endmacro %}
