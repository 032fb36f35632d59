{#-
  The events of a child, each once for every different combination of names above it at its own instant. A name that stands above
  already is none of a later step, so those of one instant are few wherever its names are.

  parents   the name of the CTE of the events above
  children  the name of the CTE of the child's events
  names     columns of the events above with the names that stand in a chain
  name      SQL for the child's own
  columns   its columns to hand on
  shape     profile_id, occurred_at, message_id (of the child with these names), the columns, above_1..
-#}
{% macro step_by_names(parents, children, names, name, columns) -%}
    {%- set above, differ, key = [], [], [] -%}
    {%- for column in names -%}
        {%- set one = 'names.above_' ~ loop.index -%}
        {%- do above.append(one) -%}
        {%- do differ.append(one ~ ' <> ' ~ name) -%}
        {%- do key.append('cast(length(' ~ one ~ ') as ' ~ dbt.type_string() ~ ") || ':' || " ~ one) -%}
    {%- endfor -%}
    select
        children.profile_id,
        children.occurred_at,
        {{ (key + ['children.message_id']) | join('\n|| ') | indent(8) }} as message_id,
        {{ (dbt_audiences._of_alias('children', columns) + above) | join(',\n        ') }}
    from (
        select distinct
            profile_id,
            occurred_at
            {%- for column in names %},
            {{ column }} as above_{{ loop.index }}
            {%- endfor %}
        from {{ parents }}
    ) as names
    inner join {{ children }} as children
        on
            children.profile_id = names.profile_id
            and children.occurred_at = names.occurred_at
            and {{ differ | join('\nand ') | indent(12) }}
{%- endmacro %}


{#- The events of a child that stand at the instant of an event above, each once. -#}
{% macro step_at_once(parents, children) -%}
    select children.*
    from {{ children }} as children
    where exists (
        select 1
        from {{ parents }} as parents
        where
            parents.profile_id = children.profile_id
            and parents.occurred_at = children.occurred_at
    )
{%- endmacro %}
