{#-
  The rows of `trait_rows` with only those of the current session as current: events at most `gap` apart, the last of them at most
  that long before as_of.

  rows     name of the CTE
  columns  its typed columns
  gap      [count, unit]
-#}
{% macro current_session(rows, columns, gap) -%}
    {%- set as_of = dbt_audiences.as_of() -%}
    {%- set ends_at = dbt_audiences.shift('last_at', gap[0], gap[1]) -%}
    select
        {%- for column in ['profile_id', 'occurred_at', 'message_id'] + columns %}
        {{ column }},
        {%- endfor %}
        is_current and breaks_after = 0 and {{ ends_at }} >= {{ as_of }} as is_current,
        {{ dbt_audiences.earliest([
            'changes_at',
            dbt_audiences.later_than_as_of(dbt_audiences.shift(ends_at, 1, 'microsecond')),
        ]) | indent(8) }} as changes_at
    from (
        select
            *,
            max(case when is_current then occurred_at end) over (partition by profile_id) as last_at,
            sum(breaks) over (
                partition by profile_id, is_current
                order by occurred_at desc, message_id desc rows between unbounded preceding and current row
            ) as breaks_after
        from ({{ dbt_audiences._session_breaks(rows, gap) | indent(8) }}) as parted
    ) as numbered
{%- endmacro %}


{#- For each row whether the next current one is too far away. -#}
{% macro _session_breaks(rows, gap) -%}
    select
        *,
        case
            when {{ dbt_audiences.shift('occurred_at', gap[0], gap[1]) }} < lead(occurred_at) over (
                partition by profile_id, is_current order by occurred_at, message_id
            ) then 1
            else 0
        end as breaks
    from {{ rows }}
{%- endmacro %}
