{#-
  What a function makes of the current rows of each entity, or of each part of its rows.

  function  count, sum, avg, min, max, unique
  rows      name of a CTE as `trait_rows` gives it, with the column that holds the values
  column    that column, null nowhere; none for `count`
  type      of the values: number, text or instant
  keys      what is grouped by; the first is `profile_id`
  shape     the keys, measured (0 of count, sum and unique without a value, else null), changes_at (the next instant at which a row
            comes or goes)
-#}
{% macro measured(function, rows, column=none, type='number', keys=['profile_id']) -%}
    {%- if function in ('sum', 'avg') -%}
    select
        {{ keys | join(',\n        ') }},
        total as measured,
        changes_at
    from (
        {{ dbt_audiences.exact_total(
            function, column, rows, keys, only='is_current', also=['min(changes_at)', 'changes_at']
        ) | indent(8) }}
    ) as exact
    {%- else -%}
    {%- set value = dbt_audiences.by_code_point(column) if type == 'text' and function != 'unique' else column -%}
    {%- set measures = {
        'count': 'count(*)', 'unique': 'count(distinct ' ~ value ~ ')', 'min': 'min(' ~ value ~ ')', 'max': 'max(' ~ value ~ ')'
    } -%}
    select
        {{ keys | join(',\n        ') }},
        {{ measures[function] }} filter (where is_current) as measured,
        min(changes_at) as changes_at
    from {{ rows }}
    group by {{ keys | join(', ') }}
    {%- endif -%}
{%- endmacro %}
