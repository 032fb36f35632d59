{#-
  Rows with a row for each combination of the different items of some of their arrays: `item_1`, `item_2`... beside all columns.

  events  the name of a CTE, which the arrays read as `events`
  arrays  SQL of `different_items` or `different_values`
-#}
{% macro step_items(events, arrays) -%}
    select
        events.*
        {%- for array in arrays %},
        opened_{{ loop.index }}.item as item_{{ loop.index }}
        {%- endfor %}
    from {{ events }} as events
    {%- for array in arrays %}
    cross join {{ array }} as opened_{{ loop.index }} (item)
    {%- endfor %}
{%- endmacro %}


{#- As rows: the different values of the items of a typed column, each read as `item.field`; none for a missing one. -#}
{% macro different_items(items, item, fields, value) -%}
    {{ return(adapter.dispatch('different_items', 'dbt_audiences')(items, item, fields, value)) }}
{%- endmacro %}

{% macro default__different_items(items, item, fields, value) -%}
    {{ return(
        'lateral (select distinct ' ~ value ~ ' from ' ~ dbt_audiences.postgres__items_as_rows(items, item, fields) ~ ' where '
        ~ value ~ ' is not null)'
    ) }}
{%- endmacro %}

{% macro duckdb__different_items(items, item, fields, value) -%}
    {{ return('unnest(list_distinct(list_transform(' ~ items ~ ', lambda ' ~ item ~ ': ' ~ value ~ ')))') }}
{%- endmacro %}


{#- The same of a list of typed values, each read as `listed_value`. -#}
{% macro different_values(list, value) -%}
    {{ return(adapter.dispatch('different_values', 'dbt_audiences')(list, value)) }}
{%- endmacro %}

{% macro default__different_values(list, value) -%}
    {{ return(
        'lateral (select distinct ' ~ value ~ ' from unnest(' ~ list ~ ') as listed (listed_value) where ' ~ value ~ ' is not null)'
    ) }}
{%- endmacro %}

{% macro duckdb__different_values(list, value) -%}
    {{ return('unnest(list_distinct(list_transform(' ~ list ~ ', lambda listed_value: ' ~ value ~ ')))') }}
{%- endmacro %}
