{#-
  What follows each event above first, by one sort: along the line of time read backwards, the least that was seen so far.

  line      the name of a CTE of `step_blockers_line` or of `step_completed_line`
  keys      how many keys it has
  instant   the name of the column of the instants that are asked for
  several   whether a parent may stand on the line several times, under other keys
  shape     profile_id, message_id (of the parent), the instant; only parents that something follows
-#}
{% macro step_first(line, instant, keys=0, several=false) -%}
    {%- set names = dbt_audiences._line_columns(keys) -%}
    select
        profile_id,
        message_id,
        {{ 'min(' ~ instant ~ ') as ' ~ instant if several else instant }}
    from (
        select
            profile_id,
            message_id,
            min({{ instant }}) over (
                partition by {{ names | join(', ') }}
                order by moment desc, place desc rows between unbounded preceding and current row
            ) as {{ instant }}
        from {{ line }}
    ) as seen
    where
        message_id is not null
        and {{ instant }} is not null
    {%- if several %}
    group by profile_id, message_id
    {%- endif %}
{%- endmacro %}


{#-
  Events and those of `without` on one line of time. Read backwards the events come first at one moment, as what blocks is strictly later.

  parents   the name of the CTE of the events above
  blockers  the name of the CTE of the events that must not stand between
  keys      pairs of SQL that must be equal: of the blocker, of the parent
  shape     profile_id, key_1.., moment, place; message_id of a parent, blocked_at of a blocker
-#}
{% macro step_blockers_line(parents, blockers, keys=[]) -%}
    select
        profile_id,
        message_id,
        occurred_at as moment,
        1 as place,
        {{ dbt_audiences.never() }} as blocked_at
        {{- dbt_audiences._keys_as(keys, 1) }}
    from {{ parents }}
    {{- dbt_audiences._keys_present(keys, 1) }}
    union all
    select
        profile_id,
        null as message_id,
        occurred_at as moment,
        0 as place,
        occurred_at as blocked_at
        {{- dbt_audiences._keys_as(keys, 0) }}
    from {{ blockers }}
    {{- dbt_audiences._keys_present(keys, 0) }}
{%- endmacro %}


{#-
  Spans and the events of a child on one line of time, with the instants at which the chains below them are complete. Those are
  complete in the order of time, so the n-th to follow is the n-th to be complete.

  completed  the child's column of when the chain below it is complete
  nth        which of the children that follow completes the event above
  tests      SQL over the children, and `asked` over the spans, that must hold
  shape      profile_id, key_1.., moment, place; message_id of a parent, completed_at of a child
-#}
{% macro step_completed_line(spans, children, completed, nth, keys=[], strictly=false, tests=[], asked=[]) -%}
    {%- set sides = ['profile_id'] -%}
    {%- for key in keys -%}{%- do sides.append(key[0]) -%}{%- endfor -%}
    {%- set order = ['occurred_at', completed] | unique | join(', ') -%}
    {%- set over = 'over (partition by ' ~ sides | join(', ') ~ ' order by ' ~ order ~ ')' -%}
    select
        profile_id,
        message_id,
        from_at as moment,
        {{ 2 if strictly else 0 }} as place,
        {{ dbt_audiences.never() }} as completed_at
        {{- dbt_audiences._keys_as(keys, 1) }}
    from {{ spans }}
    {{- dbt_audiences._keys_present(keys, 1, asked) }}
    union all
    select
        profile_id,
        null as message_id,
        occurred_at as moment,
        1 as place,
        {{ completed if nth == 1 else 'lead(' ~ completed ~ ', ' ~ (nth - 1) ~ ') ' ~ over }} as completed_at
        {{- dbt_audiences._keys_as(keys, 0) }}
    from {{ children }}
    {{- dbt_audiences._keys_present(keys, 0, tests) }}
{%- endmacro %}


{#- The n-th of the instants at which each parent has one more child that is complete, by several links. -#}
{% macro step_merged(found, nth) -%}
    select
        profile_id,
        message_id,
        completed_at
    from (
        select
            profile_id,
            message_id,
            completed_at,
            row_number() over (partition by profile_id, message_id order by completed_at) as number
        from (
            {%- for one in found %}
            {{ 'union all ' if not loop.first }}select profile_id, message_id, completed_at from {{ one }}
            {%- endfor %}
        ) as links
    ) as numbered
    where number = {{ nth }}
{%- endmacro %}


{#- The first of the instants at which each parent is complete, by several links. -#}
{% macro step_soonest(found) -%}
    select
        profile_id,
        message_id,
        min(completed_at) as completed_at
    from (
        {%- for one in found %}
        {{ 'union all ' if not loop.first }}select profile_id, message_id, completed_at from {{ one }}
        {%- endfor %}
    ) as links
    group by profile_id, message_id
{%- endmacro %}
