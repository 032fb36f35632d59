{#-
  The exact sum or average of a column for each entity, rounded half away from zero to 9 places.

  keys    what is grouped by; the first is `profile_id`
  only    a test of the rows that count, none takes all; the column is never null in them
  also    SQL of one more aggregate over all rows, with its name: [sql, name]
  shape   SQL that yields the keys, total, and what `also` names; a sum of no row is 0, an average null; null where a sum has more
          than 29 digits before the point
-#}
{% macro exact_total(function, number, rows, keys=['profile_id'], only=none, also=[]) -%}
    {%- set filter = '\n        filter (where ' ~ only ~ ')' if only else '' -%}
    {%- set sums -%}
    (
        select
            {%- for key in keys %}
            {{ key }},
            {%- endfor %}
            {%- if also %}
            {{ also | join(' as ') }},
            {%- endif %}
            {%- for part in dbt_audiences.exact_parts(number) %}
            sum({{ part }}){{ filter | indent(4) }} as total_{{ loop.index }},
            {%- endfor %}
            count(*){{ filter | indent(4) }} as counted
        from {{ rows }}
        group by {{ keys | join(', ') }}
    )
    {%- endset -%}
    {{ dbt_audiences.total_of_parts(function, sums, keys, also) }}
{%- endmacro %}


{#- The parts of a number that are added up exactly, each by itself: SQL for each. -#}
{% macro exact_parts(number) -%}
    {{ return(adapter.dispatch('exact_parts', 'dbt_audiences')(number)) }}
{%- endmacro %}

{% macro default__exact_parts(number) -%}
    {{ return([number]) }}
{%- endmacro %}

{% macro duckdb__exact_parts(number) -%}
    {{ return(['cast(trunc(' ~ number ~ ') as hugeint)', 'cast((' ~ number ~ ' - trunc(' ~ number ~ ')) * 1000000000 as hugeint)']) }}
{%- endmacro %}


{#-
  The exact sum or average of what the sums of such parts add up to, rounded half away from zero to 9 places.

  sums   relation with the keys, total_1 and on (a sum of each part), and counted (how many numbers)
  also   a further column to hand on, as in `exact_total`
  shape  SQL that yields the keys, total, and what `also` names
-#}
{% macro total_of_parts(function, sums, keys=['profile_id'], also=[]) -%}
    {{ return(adapter.dispatch('total_of_parts', 'dbt_audiences')(function, sums, keys + also[1:])) }}
{%- endmacro %}


{% macro default__total_of_parts(function, sums, handed) -%}
    {%- set total = 'coalesce(total_1, 0)' if function == 'sum' else 'round(total_1 / nullif(counted, 0), 9)' -%}
select
    {{ handed | join(',\n    ') }},
    case when abs({{ total }}) < 1e29 then cast({{ total }} as {{ dbt_audiences.number_type() }}) end as total
from {{ sums }} as sums
{%- endmacro %}


{#- Sums of decimals overflow with an error, and division goes through floats: both are done in whole numbers. -#}
{% macro duckdb__total_of_parts(function, sums, handed) -%}
    {%- set tiny = "cast('0.000000001' as decimal(10, 9))" -%}
select
    {{ handed | join(',\n    ') }},
    {%- if function == 'sum' %}
    case
        when counted = 0 then 0
        when abs(whole) < cast('100000000000000000000000000000' as hugeint)
            then cast(whole as decimal(38, 9)) + cast(billionths as decimal(18, 0)) * {{ tiny }}
    end as total
    {%- else %}
    side * (
        cast(side * whole // counted as decimal(38, 9))
        + cast(
            (2 * (side * whole % counted * 1000000000 + side * billionths + counted * 1000000000) + counted)
            // (2 * counted) - 1000000000 as decimal(18, 0)
        ) * {{ tiny }}
    ) as total
    {%- endif %}
from (
    select
        {{ handed | join(',\n        ') }},
        total_1 + total_2 // 1000000000 as whole,
        total_2 % 1000000000 as billionths,
        cast(counted as hugeint) as counted,
        case
            when total_1 + total_2 // 1000000000 < 0 then -1
            when total_1 + total_2 // 1000000000 = 0 and total_2 % 1000000000 < 0 then -1
            else 1
        end as side
    from {{ sums }} as sums
) as totals
{%- endmacro %}
