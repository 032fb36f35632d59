{#-
  The first of a universe by a trait that is a number: the highest values, and among equal ones the profile id that is first by code
  point. This looks at everybody, whatever a run has in scope.

  values        relation of the trait's values: profile_id, valid_from, valid_to, and the column
  column        the typed column of the number; who has none is not ranked
  of            users or accounts
  identifiers   of users: the types of identifier of which one is eligible who has one
  percent       a decimal's text: so much of those who are ranked, rounded up; or
  count         so many of them
  shape         profile_id, value, changes_at (of anybody: whoever moves may push another); one row for each of the universe
-#}
{% macro top(values, column, of='users', identifiers=[], percent=none, count=none) -%}
    {%- set as_of = dbt_audiences.as_of() -%}
    {%- set most = count if count is not none else 'ceil(ranked_count * ' ~ dbt_audiences.literal(percent, 'number') ~ ' / 100)' -%}
    select
        profile_id,
        coalesce(place <= {{ most }}, false) as value,
        changes_at
    from (
        select
            profile_id,
            case when number is not null then row_number() over (
                order by number desc nulls last, {{ dbt_audiences.by_code_point('profile_id') }}
            ) end as place,
            count(number) over () as ranked_count,
            min(changes_at) over () as changes_at
        from ({{ dbt_audiences._numbers_of_universe(values, column, of, identifiers) | indent(8) }}) as numbered
    ) as ranked
{%- endmacro %}


{#- Everybody of the universe with the number, if it counts at as_of, and the next instant at which that may be otherwise. -#}
{% macro _numbers_of_universe(values, column, of, identifiers) -%}
    {%- set as_of = dbt_audiences.as_of() -%}
    {%- set seen = dbt_audiences.later_than_as_of('universe.first_seen_at') -%}
select
    universe.profile_id,
    max(universe_number.{{ column }}) filter (
        where universe.first_seen_at <= {{ as_of }} and universe_number.valid_from <= {{ as_of }}
    ) as number,
    {{ dbt_audiences.earliest([
        'min(' ~ seen ~ ')', 'min(' ~ dbt_audiences.later_than_as_of('universe_number.valid_from') ~ ')', 'min(universe_number.valid_to)',
    ]) | indent(4) }} as changes_at
from ({{ dbt_audiences._whole_universe(of, identifiers) | indent(4) }}) as universe
left join {{ values }} as universe_number
    on
        universe_number.profile_id = universe.profile_id
        and coalesce(universe_number.valid_to > {{ as_of }}, true)
group by universe.profile_id
{%- endmacro %}


{% macro _whole_universe(of, identifiers) -%}
    {%- if of == 'accounts' -%}
select
    account_id as profile_id,
    first_seen_at
from {{ ref('dbt_audiences', 'accounts') }}
    {%- else -%}
    {%- set types = [] -%}
    {%- for type in identifiers -%}{%- do types.append(dbt_audiences.text_literal(type)) -%}{%- endfor -%}
select
    profile_id,
    min(first_seen_at) as first_seen_at
from {{ ref('dbt_audiences', 'profile_identifiers') }}
where type in {{ dbt_audiences.filled('(', types, ')') }}
group by profile_id
    {%- endif %}
{%- endmacro %}
