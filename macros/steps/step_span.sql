{#-
  From when to when each event of a step is followed by those of a child.

  parents   the name of the CTE of the events above
  columns   its columns to hand on
  after     durations of which all must have passed
  within    durations of which none may have passed
  blocked   names of CTEs of `step_blocked`: a child is at most as late as the first that blocks
  deadline  whether the parents have a `deadline_at` that bounds all
  until     the instant before which a child must stand, or none
  settles   whether the child's count waits; `tails` are lists of durations that its own children may take after it
  shape     profile_id, message_id, the columns, from_at and to_at (both inclusive, cut at as_of); settles_at (the last instant at
            which a later event could undo the count) where it waits
-#}
{% macro step_span(parents, columns=[], after=[], within=[], blocked=[], deadline=false, until=none, settles=false, tails=[]) -%}
    {%- set froms, ends = [], [] -%}
    {%- for one in after -%}{%- do froms.append(dbt_audiences.shift('parents.occurred_at', one[0], one[1])) -%}{%- endfor -%}
    {%- for one in within -%}{%- do ends.append(dbt_audiences.shift('parents.occurred_at', one[0], one[1])) -%}{%- endfor -%}
    {%- for one in blocked -%}{%- do ends.append(one ~ '.blocked_at') -%}{%- endfor -%}
    {%- set last = ['parents.deadline_at'] if deadline else [] -%}
    {%- set settled = ends + ([dbt_audiences.shift(dbt_audiences.literal(until, 'instant'), 1, 'microsecond', '-')] if until else []) -%}
    select
        {%- for column in ['profile_id', 'message_id'] + columns %}
        parents.{{ column }},
        {%- endfor %}
        {%- if settles %}
        {{ dbt_audiences._settles_at(settled, tails, last) | indent(8) }} as settles_at,
        {%- endif %}
        {{ (dbt_audiences.laid_out('greatest(', froms, ')') if froms | length > 1
            else (froms or ['parents.occurred_at'])[0]) | indent(8) }} as from_at,
        {{ dbt_audiences.earliest([dbt_audiences.as_of()] + ends + last) | indent(8) }} as to_at
    from {{ parents }} as parents
    {%- for one in blocked %}
    left join {{ one }}
        on
            {{ one }}.profile_id = parents.profile_id
            and {{ one }}.message_id = parents.message_id
    {%- endfor %}
{%- endmacro %}


{#- The end of the span, later by what the child's own children may take, but never than the deadline of the whole. -#}
{% macro _settles_at(ends, tails, last) -%}
    {%- if not ends -%}{{ return(last[0] if last else dbt_audiences.never()) }}{%- endif -%}
    {%- set found = [] -%}
    {%- for tail in tails or [[]] -%}
        {%- set instant = namespace(sql=dbt_audiences.earliest(ends)) -%}
        {%- for one in tail -%}{%- set instant.sql = dbt_audiences.shift(instant.sql, one[0], one[1]) -%}{%- endfor -%}
        {%- do found.append(instant.sql) -%}
    {%- endfor -%}
    {%- set latest = found[0] if found | length == 1 else dbt_audiences.laid_out('greatest(', found, ')') -%}
    {{ return(dbt_audiences.earliest([latest] + last)) }}
{%- endmacro %}
