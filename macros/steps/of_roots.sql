{#-
  The first events of sequences that are bounded as a whole, each as an entity of its own: its chain is judged by itself.

  rows             the name of the CTE of the first events
  complete_within  [count, unit]
  shape            profile_id (a key of the profile and the event), entity_id (the profile), deadline_at, occurred_at, message_id and
                   the columns
-#}
{% macro roots(rows, columns, complete_within) -%}
    select
        cast(length(profile_id) as {{ dbt.type_string() }}) || ':' || profile_id || message_id as profile_id,
        profile_id as entity_id,
        {{ dbt_audiences.shift('occurred_at', complete_within[0], complete_within[1]) }} as deadline_at,
        {{ (['occurred_at', 'message_id'] + columns) | join(',\n        ') }}
    from {{ rows }}
{%- endmacro %}


{#- The events of a step that may belong to the chain of each root. -#}
{% macro of_roots(rows, roots, columns) -%}
    {%- set picked = dbt_audiences._of_alias('roots', ['profile_id', 'entity_id', 'deadline_at'])
        + dbt_audiences._of_alias('events', ['occurred_at', 'message_id'] + columns) -%}
    select
        {{ picked | join(',\n        ') }}
    from {{ roots }} as roots
    inner join {{ rows }} as events
        on
            events.profile_id = roots.entity_id
            and events.occurred_at >= roots.occurred_at
            and events.occurred_at <= roots.deadline_at
{%- endmacro %}
