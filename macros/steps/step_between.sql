{#-
  The events of a step that hold from one instant of the deadline to another, or for good.

  turns    the name of a CTE of `step_turns`
  columns  its columns to hand on
  begins   SQL of instants that must all be reached, null for never
  ends     SQL of instants of which none may be
  shape    profile_id, occurred_at, message_id, the columns, begins_at, ends_at (from when it does not hold any more; null: never)
-#}
{% macro step_between(turns, columns, begins=[], ends=[]) -%}
    {%- set known = [] -%}
    {%- for instant in begins -%}{%- do known.append(instant ~ ' is not null') -%}{%- endfor -%}
    {%- set begins_at = dbt_audiences.laid_out('greatest(', ['occurred_at'] + begins, ')') if begins else 'occurred_at' -%}
    {%- set ends_at = dbt_audiences.earliest(ends) if ends else dbt_audiences.never() -%}
    select *
    from (
        select
            {{ (['profile_id', 'occurred_at', 'message_id'] + columns) | join(',\n            ') }},
            {{ begins_at | indent(12) }} as begins_at,
            {{ ends_at | indent(12) }} as ends_at
        from {{ turns }}
        {%- if known %}
        where
            {{ known | join('\nand ') | indent(12) }}
        {%- endif %}
    ) as instants
    where ends_at is null or begins_at < ends_at
{%- endmacro %}


{#- The instant by which all of several are reached; null where one never is. -#}
{% macro when_all(instants) -%}
    {{ return(
        'case when ' ~ instants | join(' is not null and ') ~ ' is not null then '
        ~ dbt_audiences.laid_out('greatest(', instants, ')') ~ ' end'
    ) }}
{%- endmacro %}


{#- An instant where a test holds, else null. -#}
{% macro instant_if(test, instant) -%}
    {{ return('case when ' ~ test ~ ' then ' ~ instant ~ ' end') }}
{%- endmacro %}


{#-
  Spans and the events of a child on one line of time, with when those cease to hold: in their order, so the last to follow is the last.

  asked, tests  SQL over the spans and over the children that must hold
  shape         profile_id, key_1.., moment, place; message_id of a parent, ended_at of a child
-#}
{% macro step_ended_line(spans, children, keys=[], asked=[], tests=[]) -%}
    select
        profile_id,
        message_id,
        to_at as moment,
        2 as place,
        {{ dbt_audiences.never() }} as ended_at
        {{- dbt_audiences._keys_as(keys, 1) }}
    from {{ spans }}
    {{- dbt_audiences._keys_present(keys, 1, asked) }}
    union all
    select
        profile_id,
        null as message_id,
        occurred_at as moment,
        1 as place,
        ends_at as ended_at
        {{- dbt_audiences._keys_as(keys, 0) }}
    from {{ children }}
    {{- dbt_audiences._keys_present(keys, 0, tests) }}
{%- endmacro %}


{#- The greatest instant of a line that was seen up to each parent; only parents that one precedes. -#}
{% macro step_last(line, instant, keys=0) -%}
    select
        profile_id,
        message_id,
        {{ instant }}
    from (
        select
            profile_id,
            message_id,
            max({{ instant }}) over (
                partition by {{ dbt_audiences._line_columns(keys) | join(', ') }}
                order by moment, place rows between unbounded preceding and current row
            ) as {{ instant }}
        from {{ line }}
    ) as seen
    where
        message_id is not null
        and {{ instant }} is not null
{%- endmacro %}
