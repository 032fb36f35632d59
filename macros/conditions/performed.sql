{#-
  Profiles by how often they performed an event, or several events counted together.

  events    relations of narrow event tables
  at_least, at_most   bounds of the count, none where not asked; `exactly` is both alike
  columns   the columns that `where` reads, where several tables are read together
  window    see `window_bounds`; none is ever
  where     SQL over the table's columns that an event must satisfy, or none
  turns     where that test compares with as_of: SQL for the next instants at which it changes for an event, or none
  shape     profile_id, value (whether the count is within the bounds), changes_at (the next instant at which time alone makes
            it otherwise, never late); one row for each profile with a matching event, now or to come
  zero      a profile without one has no row: the caller's default decides
-#}
{% macro performed(events, at_least=none, at_most=none, window=none, where=none, columns=[], turns=none) -%}
    {%- set bounds = dbt_audiences.window_bounds(window or {}) -%}
    {%- set filters = bounds['filters'] + ([where] if where and not turns else []) -%}
    {%- set rows = dbt_audiences._event_rows(events, columns, filters) -%}
    {%- if turns -%}
        {{ dbt_audiences._performed_turning(rows, bounds, at_least, at_most, where, turns) }}
    {%- elif at_least == 1 and at_most is none -%}
        {{ dbt_audiences._performed_at_all(rows, bounds) }}
    {%- elif at_most == 0 and at_least is none -%}
        {{ dbt_audiences._performed_at_all(rows, bounds, negated=true) }}
    {%- else -%}
        {{ dbt_audiences._performed_times(rows, bounds, at_least, at_most) }}
    {%- endif -%}
{%- endmacro %}


{#- The `from` and `where` of the events in question, indented for a condition. -#}
{% macro _event_rows(events, columns, filters) -%}
    {%- set from -%}
    {%- if events | length == 1 -%}
        {{ events[0] }}
    {%- else -%}
    (
        {%- for table in events %}
        {{ 'union all ' if not loop.first }}select {{ (['profile_id', 'occurred_at'] + columns) | join(', ') }} from {{ table }}
        {%- endfor %}
    ) as events
    {%- endif -%}
    {%- endset -%}
    {{ return({'from': from, 'where': filters | join('\nand ')}) }}
{%- endmacro %}


{#- One is enough: true until the newest leaves the window, or false until the first comes in. No sort. -#}
{% macro _performed_at_all(rows, bounds, negated=false) -%}
    {%- set enters, leaves = bounds['enters_at'], bounds['leaves_at'] -%}
    {%- set is_in = enters ~ ' <= ' ~ dbt_audiences.as_of() -%}
    select
        profile_id,
        {{ 'not ' if negated }}bool_or({{ is_in }}) as value,
        {%- if leaves %}
        coalesce(
            {{ dbt_audiences.laid_out('max(', [leaves], ')') | indent(12) }}
            filter (where {{ is_in | indent(12) }}),
            min({{ enters | indent(12) }})
        ) as changes_at
        {%- else %}
        case
            when not bool_or({{ is_in | indent(12) }}) then min({{ enters | indent(12) }})
        end as changes_at
        {%- endif %}
    from {{ rows['from'] }}
    {%- if rows['where'] %}
    where
        {{ rows['where'] | indent(8) }}
    {%- endif %}
    group by profile_id
{%- endmacro %}


{#- The current events are a prefix of all in order of time: the count changes when its n-th enters or leaves. -#}
{% macro _performed_times(rows, bounds, at_least, at_most) -%}
    {%- set as_of = dbt_audiences.as_of() -%}
    {%- set thresholds = ([at_least] if at_least else []) + ([at_most + 1] if at_most is not none else []) -%}
    {%- set tests = (['times >= ' ~ at_least] if at_least else []) + (['times <= ' ~ at_most] if at_most is not none else []) -%}
    {%- set flips = [] -%}
    {%- for threshold in thresholds -%}
        {%- do flips.append(dbt_audiences._count_flips_at(threshold, bounds['leaves_at'] is not none)) -%}
    {%- endfor -%}
    select
        profile_id,
        {{ tests | join(' and ') }} as value,
        {{ dbt_audiences.earliest(flips) | indent(8) }} as changes_at
    from (
        select
            profile_id,
            {{ bounds['enters_at'] | indent(12) }} as enters_at,
            {%- if bounds['leaves_at'] is not none %}
            {{ bounds['leaves_at'] | indent(12) }} as leaves_at,
            {%- endif %}
            row_number() over (partition by profile_id order by occurred_at) as nth,
            count(*) filter (
                where {{ bounds['enters_at'] | indent(16) }} <= {{ as_of }}
            ) over (partition by profile_id) as times
        from {{ rows['from'] | indent(4) }}
        {%- if rows['where'] %}
        where
            {{ rows['where'] | indent(12) }}
        {%- endif %}
    ) as counted
    group by profile_id, times
{%- endmacro %}


{#- A `where` that compares with as_of comes and goes by itself: whatever happens first asks for a new look. -#}
{% macro _performed_turning(rows, bounds, at_least, at_most, where, turns) -%}
    {%- set as_of = dbt_audiences.as_of() -%}
    {%- set enters = bounds['enters_at'] -%}
    {%- set is_in = [enters ~ ' <= ' ~ as_of, where] -%}
    {%- set count = dbt_audiences.laid_out('count(*) filter (where ', is_in, ')', 'and') -%}
    {%- set tests = ([count ~ ' >= ' ~ at_least] if at_least else []) + ([count ~ ' <= ' ~ at_most] if at_most is not none else []) -%}
    {%- set instants = [dbt_audiences.later_than_as_of(enters), bounds['leaves_at']] + turns -%}
    {%- set changes = [] -%}
    {%- for instant in instants if instant -%}{%- do changes.append(dbt_audiences.laid_out('min(', [instant], ')')) -%}{%- endfor -%}
    select
        profile_id,
        {{ tests | join('\nand ') | indent(8) }} as value,
        {{ dbt_audiences.earliest(changes) | indent(8) }} as changes_at
    from {{ rows['from'] }}
    {%- if rows['where'] %}
    where
        {{ rows['where'] | indent(8) }}
    {%- endif %}
    group by profile_id
{%- endmacro %}


{#- The instant at which a count of `times` crosses `threshold`; rows are numbered by `nth` in order of time. -#}
{% macro _count_flips_at(threshold, can_leave) -%}
    {%- set enters = 'min(case when times < ' ~ threshold ~ ' and nth = ' ~ threshold ~ ' then enters_at end)' -%}
    {%- if not can_leave -%}{{ return(enters) }}{%- endif -%}
    {%- set leaves = 'min(case when times >= ' ~ threshold ~ ' and nth = times - ' ~ (threshold - 1) ~ ' then leaves_at end)' -%}
    {{ return(dbt_audiences.earliest([enters, leaves])) }}
{%- endmacro %}


{#- An instant that never comes. -#}
{% macro never() -%}
    {{ return('cast(null as timestamp)') }}
{%- endmacro %}
