{#-
  The aggregate of the values of a child's events that follow each event above.

  parts  names of CTEs of `step_pairs` with values
  type   of the values: number, text or instant
  shape  profile_id, message_id (of the parent), value; only parents with a value
-#}
{% macro step_value(function, parts, type) -%}
    {%- set rows -%}
    (
        {%- for part in parts %}
        {{ 'union all ' if not loop.first }}select profile_id, message_id, value from {{ part }}
        {%- endfor %}
    ) as parts
    {%- endset -%}
    {%- if function in ('sum', 'avg') -%}
    select
        profile_id,
        message_id,
        total as value
    from (
        {{ dbt_audiences.exact_total(function, 'value', rows, keys=['profile_id', 'message_id']) | indent(8) }}
    ) as exact
    {%- else -%}
    select
        profile_id,
        message_id,
        {{ 'count(distinct value)' if function == 'unique'
            else function ~ '(' ~ (dbt_audiences.by_code_point('value') if type == 'text' else 'value') ~ ')' }} as value
    from {{ rows }}
    group by profile_id, message_id
    {%- endif -%}
{%- endmacro %}


{#- The exact sum or average of what `step_found` or `step_counts` totals, with the number of values as `matches`. -#}
{% macro step_total(function, counts) -%}
    {%- set sums = '(select *, matches as counted from ' ~ counts ~ ' where matches > 0)' -%}
    select
        profile_id,
        message_id,
        total as value
    from (
        {{ dbt_audiences.total_of_parts(function, sums, keys=['profile_id', 'message_id']) | indent(8) }}
    ) as exact
{%- endmacro %}


{#- A child's values with the instant of the same value before, for counting different ones: long ago for the first. -#}
{% macro step_repeats(children, columns, value, keys=[]) -%}
    select
        {{ (['profile_id', 'occurred_at', 'message_id'] + columns) | join(',\n        ') }},
        coalesce(
            lag(occurred_at) over (
                partition by {{ (['profile_id'] + keys + [value]) | join(', ') }}
                order by occurred_at, message_id
            ),
            timestamp '0001-01-01 00:00:00'
        ) as repeated_at
    from {{ children }}
    where {{ value }} is not null
{%- endmacro %}


{#- The number of different values as a value. -#}
{% macro step_different(counts) -%}
    select
        profile_id,
        message_id,
        matches as value
    from {{ counts }}
{%- endmacro %}


{#- One for a row of which the test is true. -#}
{% macro one_if(test) -%}
    {{ return('case when ' ~ test ~ ' then 1 else 0 end') }}
{%- endmacro %}
