{#-
  The deadlines of spans and the events that hold for a time on one line of time.

  spans     the name of a CTE of `step_span` with `deadline_at`
  children  the name of a CTE of `step_between`
  keys      pairs of SQL that must be equal: of the child, of the span
  shape     profile_id, key_1.., moment, place; message_id of a span, counted: 1 of a child that begins to hold, -1 of one that ceases to
-#}
{% macro step_standing_line(spans, children, keys=[]) -%}
    select
        profile_id,
        message_id,
        deadline_at as moment,
        1 as place,
        0 as counted
        {{- dbt_audiences._keys_as(keys, 1) }}
    from {{ spans }}
    {{- dbt_audiences._keys_present(keys, 1) }}
    {%- for moment in ['begins_at', 'ends_at'] %}
    union all
    select
        profile_id,
        null as message_id,
        {{ moment }} as moment,
        0 as place,
        {{ 1 if moment == 'begins_at' else -1 }} as counted
        {{- dbt_audiences._keys_as(keys, 0) }}
    from {{ children }}
    {{- dbt_audiences._keys_present(keys, 0, ['ends_at is not null']) }}
    {%- endfor %}
{%- endmacro %}


{#- The spans (profile_id, message_id) by whose deadline some of the events of a line of `step_standing_line` hold. -#}
{% macro step_standing(line, keys=0) -%}
    select
        profile_id,
        message_id
    from (
        select
            profile_id,
            message_id,
            sum(counted) over (
                partition by {{ dbt_audiences._line_columns(keys) | join(', ') }}
                order by moment, place rows between unbounded preceding and current row
            ) as counted
        from {{ line }}
    ) as added
    where
        message_id is not null
        and counted > 0
{%- endmacro %}


{#- Spans with a column for each CTE of `step_standing`; `standing` are pairs of a name and a CTE. -#}
{% macro step_spans_standing(spans, standing) -%}
    select
        spans.*
        {%- for name, found in standing %},
        {{ found }}.message_id is not null as {{ name }}
        {%- endfor %}
    from {{ spans }} as spans
    {%- for name, found in standing %}
    left join {{ found }}
        on
            {{ found }}.profile_id = spans.profile_id
            and {{ found }}.message_id = spans.message_id
    {%- endfor %}
{%- endmacro %}
