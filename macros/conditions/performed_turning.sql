{#- A `where` that compares with as_of comes and goes by itself: whatever happens first asks for a new look. -#}
{% macro _performed_turning(rows, bounds, at_least, at_most, where, turns) -%}
    {%- set as_of = dbt_audiences.as_of() -%}
    {%- set enters = bounds['enters_at'] -%}
    {%- set is_in = [enters ~ ' <= ' ~ as_of, where] -%}
    {%- set count = dbt_audiences.laid_out('count(*) filter (where ', is_in, ')', 'and') -%}
    {%- set tests = ([count ~ ' >= ' ~ at_least] if at_least else []) + ([count ~ ' <= ' ~ at_most] if at_most is not none else []) -%}
    {%- set instants = [dbt_audiences.later_than_as_of(enters), bounds['leaves_at']] + turns -%}
    {%- set changes = [] -%}
    {%- for instant in instants if instant -%}{%- do changes.append(dbt_audiences.laid_out('min(', [instant], ')')) -%}{%- endfor -%}
    select
        profile_id,
        {{ tests | join('\nand ') | indent(8) }} as value,
        {{ dbt_audiences.earliest(changes) | indent(8) }} as changes_at
    from {{ rows['from'] }}
    {%- if rows['where'] %}
    where
        {{ rows['where'] | indent(8) }}
    {%- endif %}
    group by profile_id
{%- endmacro %}
