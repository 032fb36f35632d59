{#-
  What is made of events also for the entities without any: 0, which is compared with a trait of theirs like every other number.

  made    name of a CTE as `measured` gives it, of a function that makes 0 of nothing
  values  relation of the values of a trait; an entity without one needs no row, as no comparison with a missing value holds
  spans   how many spans back each entity has, where `made` is grouped by `span` too
  shape   that of `made`
-#}
{% macro measured_or_zero(made, values, spans=none) -%}
    {%- set keys = ['profile_id'] + (['span'] if spans else []) -%}
    select
        {{ (keys + ['measured', 'changes_at']) | join(',\n        ') }}
    from {{ made }}
    union all
    select
        {{ keys | join(',\n        ') }},
        0 as measured,
        null as changes_at
    from (select distinct profile_id from {{ values }} where true {{ dbt_audiences.in_scope(values) }}) as known
    {%- if spans %}
    cross join (values {% for number in range(spans) %}{{ ', ' if not loop.first }}({{ number }}){% endfor %}) as back (span)
    {%- endif %}
    where
        not exists (
            select 1 from {{ made }} as found
            where {% for key in keys %}{{ ' and ' if not loop.first }}found.{{ key }} = {{ 'back' if key == 'span' else 'known' }}.{{ key }}{% endfor %}

        )
{%- endmacro %}
