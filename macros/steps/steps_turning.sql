{#-
  The next instant at which time alone could change which events of a sequence hold.

  waiting   mappings: `judged` (a CTE of `step_judged`), `id`, `tests` (pairs of SQL: what holds, and until when it waits)
  events    relations of narrow event tables that the sequence reads: an event that is still to come changes it
  turning   mappings: `event`, `turns` (lists of SQL for the instants at which a test against as_of changes), `windows`
  shape     profile_id, changes_at; one row for each profile that has one
-#}
{% macro steps_turning(waiting=[], events=[], turning=[]) -%}
    {%- set as_of = dbt_audiences.as_of() -%}
    select
        profile_id,
        min(changes_at) as changes_at
    from (
        {%- for table in events %}
        {{ 'union all\n        ' if not loop.first }}select
            profile_id,
            occurred_at as changes_at
        from {{ table }}
        where
            occurred_at > {{ as_of }}
            {{ dbt_audiences.in_scope(table) }}
        {%- endfor %}
        {%- for one in turning %}
        union all
        select
            profile_id,
            {{ dbt_audiences.earliest(one['turns']) | indent(12) }} as changes_at
        from {{ one['event'] }}
        where true {{ dbt_audiences.in_scope(one['event']) }}
        {%- endfor %}
        {%- for one in waiting %}{%- for test, settles_at in one['tests'] %}
        union all
        select
            {{ one.get('id', 'profile_id') }},
            {{ dbt_audiences.shift(settles_at, 1, 'microsecond') }} as changes_at
        from {{ one['judged'] }}
        where
            {{ test | indent(12) }}
            and {{ settles_at }} >= {{ as_of }}
        {%- endfor %}{%- endfor %}
    ) as instants
    where changes_at is not null
    group by profile_id
{%- endmacro %}
