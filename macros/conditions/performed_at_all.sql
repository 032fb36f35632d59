{#- One is enough: true until the newest leaves the window, or false until the first comes in. No sort. -#}
{% macro _performed_at_all(rows, bounds, negated=false) -%}
    {%- set enters, leaves = bounds['enters_at'], bounds['leaves_at'] -%}
    {%- set is_in = enters ~ ' <= ' ~ dbt_audiences.as_of() -%}
    select
        profile_id,
        {{ 'not ' if negated }}bool_or({{ is_in }}) as value,
        {%- if leaves %}
        coalesce(
            {{ dbt_audiences.laid_out('max(', [leaves], ')') | indent(12) }}
            filter (where {{ is_in | indent(12) }}),
            min({{ enters | indent(12) }})
        ) as changes_at
        {%- else %}
        case
            when not bool_or({{ is_in | indent(12) }}) then min({{ enters | indent(12) }})
        end as changes_at
        {%- endif %}
    from {{ rows['from'] }}
    {%- if rows['where'] %}
    where
        {{ rows['where'] | indent(8) }}
    {%- endif %}
    group by profile_id
{%- endmacro %}
