{#-
  The events of a step with what its children come to.

  rows      the name of the CTE of the step's events
  columns   its columns to hand on
  children  mappings: `spans` (a CTE of `step_span`) where the child waits, `counts` (a CTE of `step_found` or `step_counts`) or
            `values` (one with a column `value`), `otherwise` (SQL of the value without any row),
            `completed` (a CTE of `step_first`), `ended` (one of `step_last`), `totals` (how many totals stand beside the counts)
  shape     profile_id, occurred_at, message_id, the columns; for the n-th child count_n or value_n, and settles_n where it waits, completed_n, ended_n
-#}
{% macro step_judged(rows, columns, children) -%}
    select
        {{ dbt_audiences._of_alias('events', ['profile_id', 'occurred_at', 'message_id'] + columns) | join(',\n        ') }}
        {%- for child in children %}
        {%- set n = loop.index %}
        {%- if child.get('spans') %},
        {{ child['spans'] }}.settles_at as settles_{{ n }}
        {%- endif %}
        {%- if child.get('completed') %},
        {{ child['completed'] }}.completed_at as completed_{{ n }}
        {%- endif %}
        {%- if child.get('ended') %},
        {{ child['ended'] }}.ended_at as ended_{{ n }}
        {%- endif %}
        {%- if child.get('counts') %},
        coalesce({{ child['counts'] }}.matches, 0) as count_{{ n }}
        {%- for total in range(child.get('totals', 0)) %},
        coalesce({{ child['counts'] }}.total_{{ total + 1 }}, 0) as total_{{ n }}_{{ total + 1 }}
        {%- endfor %}
        {%- else %},
        case
            when {{ child['values'] }}.message_id is null then {{ child['otherwise'] }}
            else {{ child['values'] }}.value
        end as value_{{ n }}
        {%- endif %}
        {%- endfor %}
    from {{ rows }} as events
    {%- for child in children %}
    {%- for joined in [child.get('spans'), child.get('completed'), child.get('ended'), child.get('counts') or child['values']] if joined %}
    left join {{ joined }}
        on
            {{ joined }}.profile_id = events.profile_id
            and {{ joined }}.message_id = events.message_id
    {%- endfor %}
    {%- endfor %}
{%- endmacro %}


{#- Several counts of the same parents added up, each with its sign; also the totals of their `weights`. -#}
{% macro step_counts(counts, weights=[]) -%}
    {%- set sums = ['matches'] -%}
    {%- for weight in weights -%}{%- do sums.append('total_' ~ loop.index) -%}{%- endfor -%}
    select
        profile_id,
        message_id
        {%- for sum in sums %},
        sum({{ sum }}) as {{ sum }}
        {%- endfor %}
    from (
        {%- for sign, found in counts %}
        {{ 'union all ' if not loop.first }}select
            profile_id, message_id
            {%- for sum in sums %}, {{ '-' if sign < 0 }}{{ sum }} as {{ sum }}{% endfor %}
        from {{ found }}
        {%- endfor %}
    ) as parts
    group by profile_id, message_id
{%- endmacro %}


{#-
  The events of a step for which all of its children hold.

  test  SQL over the columns of `step_judged`
  id    the column that names whom the events are of
  completed   columns of when the chains below are complete; none hands on nothing of it
-#}
{% macro step_held(judged, columns, test, id='profile_id', completed=[]) -%}
    select
        {{ id if id == 'profile_id' else id ~ ' as profile_id' }},
        {%- if completed %}
        {{ dbt_audiences.laid_out('greatest(', ['occurred_at'] + completed, ')') | indent(8) }} as completed_at,
        {%- endif %}
        {{ (['occurred_at', 'message_id'] + columns) | join(',\n        ') }}
    from {{ judged }}
    where
        {{ test | indent(8) }}
{%- endmacro %}


{#- A count or value that holds once nothing can undo it. -#}
{% macro settled(test, settles_at) -%}
    {{ return(dbt_audiences.all_of([test, settles_at ~ ' < ' ~ dbt_audiences.as_of()])) }}
{%- endmacro %}
