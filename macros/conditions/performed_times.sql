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


{#- The instant at which a count of `times` crosses `threshold`; rows are numbered by `nth` in order of time. -#}
{% macro _count_flips_at(threshold, can_leave) -%}
    {%- set enters = 'min(case when times < ' ~ threshold ~ ' and nth = ' ~ threshold ~ ' then enters_at end)' -%}
    {%- if not can_leave -%}{{ return(enters) }}{%- endif -%}
    {%- set leaves = 'min(case when times >= ' ~ threshold ~ ' and nth = times - ' ~ (threshold - 1) ~ ' then leaves_at end)' -%}
    {{ return(dbt_audiences.earliest([enters, leaves])) }}
{%- endmacro %}
