{#-
  Which values of a child go with which values of the events above: only different values are compared, so a profile with very many
  events costs the product of its values, not of its events.

  spans     the name of a CTE of `step_span`
  children  the name of the CTE of the child's events
  above     columns of the spans, and `below` of the child's events, that the tests read and that must be there
  tests     SQL over `spans` and `children` that must hold
  shape     profile_id, above_1.., below_1..
-#}
{% macro step_matches(spans, children, above, below, tests) -%}
    select
        spans.profile_id
        {%- for column in above %},
        spans.{{ column }} as above_{{ loop.index }}
        {%- endfor %}
        {%- for column in below %},
        children.{{ column }} as below_{{ loop.index }}
        {%- endfor %}
    from ({{ dbt_audiences._different(spans, above) }}) as spans
    inner join ({{ dbt_audiences._different(children, below) }}) as children
        on
            children.profile_id = spans.profile_id
            and {{ tests | join('\nand ') | indent(12) }}
{%- endmacro %}


{#- The different values of some columns. -#}
{% macro _different(rows, columns) -%}
    {{ return(
        'select distinct profile_id, ' ~ columns | join(', ') ~ ' from ' ~ rows
        ~ ' where ' ~ columns | join(' is not null and ') ~ ' is not null'
    ) }}
{%- endmacro %}


{#- A child's events, one row for each combination of values above that goes with their own: `matched_1`.. beside all columns. -#}
{% macro step_by_match(children, matches, above, below) -%}
    select
        children.*
        {%- for column in above %},
        matches.above_{{ loop.index }} as matched_{{ loop.index }}
        {%- endfor %}
    from {{ children }} as children
    inner join {{ matches }} as matches
        on
            matches.profile_id = children.profile_id
            {%- for column in below %}
            and matches.below_{{ loop.index }} = children.{{ column }}
            {%- endfor %}
{%- endmacro %}


{#-
  Spans of the events above, one row for each different value of the child that goes with an item of theirs: `matched` beside all columns.

  items    the name of a CTE of the spans with a row for each `item` of their list
  matches  the name of a CTE of `step_matches` between these items and the child's values
-#}
{% macro step_spans_by_match(spans, items, matches, item, matched) -%}
    select
        spans.*,
        matched.below_1 as {{ matched }}
    from {{ spans }} as spans
    inner join (
        select distinct
            items.profile_id,
            items.message_id,
            matches.below_1
        from {{ items }} as items
        inner join {{ matches }} as matches
            on
                matches.profile_id = items.profile_id
                and matches.above_1 = items.{{ item }}
    ) as matched
        on
            matched.profile_id = spans.profile_id
            and matched.message_id = spans.message_id
{%- endmacro %}
