{#-
  The events of a child that follow each event above, found pair by pair: for tests that no order serves. A profile with many events of
  both makes a product of them.

  spans     the name of a CTE of `step_span`
  children  the name of the CTE of the child's events
  tests     SQL over `spans` and `children` that must hold
  strictly  whether a child at the span's first instant is too early
  tied      only children at the span's first instant: a product of the events of one instant alone
  value     SQL of the child's value to hand on, one row for each pair that has one; none counts the pairs
  heavy     the name of a CTE of profiles to leave out, or none
  counted   the child's column of how often it counts, or none
  shape     profile_id, message_id (of the parent), matches or value; only parents with a pair
-#}
{% macro step_pairs(spans, children, tests=[], strictly=false, tied=false, asked=[], child_tests=[], value=none, heavy=none, counted=none) -%}
    {%- set held = ['children.occurred_at = spans.from_at'] if tied else [
        'children.occurred_at ' ~ ('>' if strictly else '>=') ~ ' spans.from_at',
        'children.occurred_at <= spans.to_at',
    ] -%}
    select
        spans.profile_id,
        spans.message_id,
        {{ value ~ ' as value' if value else 'sum(children.' ~ counted ~ ') as matches' if counted else 'count(*) as matches' }}
    from {{ dbt_audiences._light(spans, heavy, asked) }} as spans
    inner join {{ dbt_audiences._light(children, heavy, child_tests) }} as children
        on
            children.profile_id = spans.profile_id
            and {{ (held + tests) | join('\nand ') | indent(12) }}
    {%- if value is none %}
    group by spans.profile_id, spans.message_id
    {%- else %}
    where {{ value }} is not null
    {%- endif %}
{%- endmacro %}


{#- Some of the rows, without the heavy profiles; both sides of a join must be, or the planner may join first. -#}
{% macro _light(rows, heavy, tests) -%}
    {%- set held = tests + (['profile_id not in (select ' ~ heavy ~ '.profile_id from ' ~ heavy ~ ')'] if heavy else []) -%}
    {%- if not held -%}{{ return(rows) }}{%- endif -%}
    {{ return('(select * from ' ~ rows ~ ' where ' ~ held | join(' and ') ~ ')') }}
{%- endmacro %}


{#- The profiles with more than `most` events of a child. -#}
{% macro step_heavy(children, most) -%}
    select profile_id
    from {{ children }}
    group by profile_id
    having count(*) > {{ most }}
{%- endmacro %}


{#- When each parent is first followed by an event of `without` that passes tests over `spans` (the parents) and `children`. -#}
{% macro step_blocked_pairs(parents, blockers, tests) -%}
    select
        spans.profile_id,
        spans.message_id,
        min(children.occurred_at) as blocked_at
    from {{ parents }} as spans
    inner join {{ blockers }} as children
        on
            children.profile_id = spans.profile_id
            and children.occurred_at > spans.occurred_at
            and {{ tests | join('\nand ') | indent(12) }}
    group by spans.profile_id, spans.message_id
{%- endmacro %}
