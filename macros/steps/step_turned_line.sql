{#-
  Spans with a deadline and the children that begin and cease to hold as it is later, on one line of time; for children of which the
  later one, with the same keys, never turns before the earlier.

  spans     the name of a CTE of `step_span` with `deadline_at`
  children  the name of a CTE of `step_turned`
  keys      pairs of SQL that must be equal: of the child, of the parent; a missing one equals nothing
  strictly  whether a child at the span's first instant is too early
  tied      only children at the span's first instant
  tests     SQL over the children, and `asked` over the spans, that must hold
  shape     profile_id, key_1.., moment, place; message_id (of the parent) and edge (-1 the begin of a span, 1 its end, 0 its
            deadline); turn (of a child); stands and turned: 1 of a child at its own instant, and at that of its turn
-#}
{% macro step_turned_line(spans, children, keys=[], strictly=false, tied=false, tests=[], asked=[]) -%}
    select
        profile_id,
        message_id,
        edge,
        null as turn,
        case edge when -1 then from_at when 1 then {{ 'from_at' if tied else 'to_at' }} else deadline_at end as moment,
        {{ '2' if strictly else 'case when edge = -1 then 0 else 2 end' }} as place,
        0 as stands,
        0 as turned
        {{- dbt_audiences._keys_as(keys, 1) }}
    from (
        select
            spans.*,
            edges.edge
        from {{ spans }} as spans
        cross join (values (-1), (0), (1)) as edges (edge)
    ) as edged
    {{- dbt_audiences._keys_present(keys, 1, ['from_at <= to_at'] + asked) }}
    {%- for moment in ['occurred_at', 'turns_at'] %}
    union all
    select
        profile_id,
        null as message_id,
        null as edge,
        turn,
        {{ moment }} as moment,
        1 as place,
        {{ 1 if moment == 'occurred_at' else 0 }} as stands,
        {{ 0 if moment == 'occurred_at' else 1 }} as turned
        {{- dbt_audiences._keys_as(keys, 0) }}
    from {{ children }}
    {{- dbt_audiences._keys_present(keys, 0, tests) }}
    {%- endfor %}
{%- endmacro %}


{#-
  How many children hold by the deadline of each span. Of each turn, those that stand before an instant and those that turned before the
  deadline are both the first so many, so the fewer of them are those that do both.

  line    the name of a CTE of `step_turned_line`
  turns   how many turns the children have beside their own instants
  ending  the numbers of those that end what held
  shape   profile_id, message_id (of the parent), matches
-#}
{% macro step_turned_found(line, turns, keys=0, ending=[]) -%}
    {%- set over = 'over (\n                partition by ' ~ dbt_audiences._line_columns(keys) | join(', ')
        ~ '\n                order by moment, place rows between unbounded preceding and current row\n            )' -%}
    {%- set terms = [] -%}
    {%- for turn in range(turns + 1) -%}
        {%- do terms.append((' - ' if turn in ending else ' + ' if turn else '')
            ~ '(least(last_stands_' ~ turn ~ ', turned_' ~ turn ~ ') - least(first_stands_' ~ turn ~ ', turned_' ~ turn ~ '))') -%}
    {%- endfor -%}
    select
        profile_id,
        message_id,
        {{ terms | join('\n        ') }} as matches
    from (
        select
            profile_id,
            message_id
            {%- for turn in range(turns + 1) %},
            max(case when edge = -1 then stands_{{ turn }} end) as first_stands_{{ turn }},
            max(case when edge = 1 then stands_{{ turn }} end) as last_stands_{{ turn }},
            max(case when edge = 0 then turned_{{ turn }} end) as turned_{{ turn }}
            {%- endfor %}
        from (
            select
                profile_id,
                message_id,
                edge
                {%- for turn in range(turns + 1) %},
                sum(case when turn = {{ turn }} then stands else 0 end) {{ over }} as stands_{{ turn }},
                sum(case when turn = {{ turn }} then turned else 0 end) {{ over }} as turned_{{ turn }}
                {%- endfor %}
            from {{ line }}
        ) as numbered
        where message_id is not null
        group by profile_id, message_id
    ) as spans
{%- endmacro %}
