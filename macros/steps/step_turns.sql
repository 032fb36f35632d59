{#-
  For each event of a step the instants of the deadline at which the counts of what follows it reach their bounds.

  judged   the name of a CTE of `step_judged`
  columns  its columns to hand on
  turns    mappings: `child` (the number of its count), `bound` (which of the child's events turns it), `waits` (whether as long as a
           later event could undo the count it does not hold: then a deadline that is not over turns it, too), `ended` (whether it turns
           as the last of the child's events ceases to hold), `settles` (whether only such a deadline turns it)
  standing  columns of what is true or false of a deadline: each event is there once for either
  shape    profile_id, occurred_at, message_id, the columns, turns_1.. (null: never)
-#}
{% macro step_turns(judged, columns, turns, standing=[]) -%}
    select
        {{ (['profile_id', 'occurred_at', 'message_id'] + columns + standing) | join(',\n        ') }}
        {%- for turn in turns %}
        {%- set n = turn['child'] %}
        {%- set reached = 'case when count_' ~ n ~ ' >= ' ~ turn['bound'] ~ ' then ' ~ ('ended_' if turn.get('ended') else 'completed_') ~ n ~ ' end' %},
        {%- if turn.get('settles') %}
        case when settles_{{ n }} < {{ dbt_audiences.as_of() }} then null else {{ dbt_audiences.as_of() }} end as turns_{{ loop.index }}
        {%- elif turn.get('waits') %}
        case
            when settles_{{ n }} < {{ dbt_audiences.as_of() }} then {{ reached }}
            else {{ dbt_audiences.earliest([dbt_audiences.as_of(), reached]) | indent(12) }}
        end as turns_{{ loop.index }}
        {%- else %}
        {{ reached }} as turns_{{ loop.index }}
        {%- endif %}
        {%- endfor %}
    from {{ judged }}
    {%- for name in standing %}
    cross join (values (true), (false)) as of_{{ name }} ({{ name }})
    {%- endfor %}
{%- endmacro %}


{#-
  The instants of the deadline from which each event holds, and from which it does not any more.

  turns   the name of a CTE of `step_turns`
  bounds  for each of its columns the sign of the count's bound: reaching `>=` can only let an event hold, reaching `<=` only end that
  at      SQL by `turn_reached` of whether the event holds for a deadline at `turns_at`, and `before` of one just before
  shape   profile_id, occurred_at, message_id, the columns, turns_at, turn (the number of the count that turns; 0 of an event that holds at
          its own instant), sign (1 from which it holds, -1 from which not)
-#}
{% macro step_turned(turns, columns, bounds, at, before) -%}
    {%- set columns = ['profile_id', 'occurred_at', 'message_id'] + columns -%}
    select
        {{ (columns + ['turns_at', 'turn', 'sign']) | join(',\n        ') }}
    from (
        select
            {{ (columns + ['turns_at', 'turn', 'sign']) | join(',\n            ') }},
            {{ at | indent(12) }} as holds,
            {{ dbt_audiences.all_of(['turn > 0', before]) | indent(12) }} as held
        from (
            select {{ turns }}.*, occurred_at as turns_at, 0 as turn, 1 as sign
            from {{ turns }}
            {%- for bound in bounds %}
            {%- set number = loop.index %}
            union all
            select {{ turns }}.*, turns_{{ number }} as turns_at, {{ number }} as turn, {{ 1 if bound == '>=' else -1 }} as sign
            from {{ turns }}
            where
                turns_{{ number }} > occurred_at
                {%- for other in range(1, number) if bounds[other - 1] == bound %}
                and {{ dbt_audiences.not_true('turns_' ~ other ~ ' = turns_' ~ number) }}
                {%- endfor %}
            {%- endfor %}
        ) as instants
    ) as judged
    where
        holds = (sign = 1)
        and held <> holds
{%- endmacro %}


{#- Whether a deadline at `turns_at`, or just before it, reaches the instant at which a count turns. -#}
{% macro turn_reached(number, before=false) -%}
    {{ return('coalesce(turns_' ~ number ~ (' < ' if before else ' <= ') ~ 'turns_at, false)') }}
{%- endmacro %}
