{#-
  How a condition on the members of something holds: for any, all or none of them. Something without members satisfies `none` alone.

  links      the name of a CTE of memberships: `first_seen_at` and the two ids
  of         its column with the id of whom is judged
  member     its column with the id of the member
  evaluated  the name of a CTE with the condition's value for each member: profile_id, value, changes_at
  shape      profile_id, value, changes_at (of any member, or when the next membership begins); a row for each that has or will have
             a member
  zero       one without any has no row: the caller's default decides
-#}
{% macro members_who(links, of, member, evaluated, quantifier) -%}
    {%- set as_of = dbt_audiences.as_of() -%}
    {%- set word = 'bool_and' if quantifier == 'all' else 'bool_or' -%}
    select
        links.{{ of }} as profile_id,
        {{ 'not ' if quantifier == 'none' }}coalesce(
            {{ word }}(evaluated.value)
            filter (where links.first_seen_at <= {{ as_of }}),
            false
        ) as value,
        {{ dbt_audiences.earliest([
            'min(case when links.first_seen_at > ' ~ as_of ~ ' then links.first_seen_at end)',
            'min(evaluated.changes_at)',
        ]) | indent(8) }} as changes_at
    from {{ links }} as links
    inner join {{ evaluated }} as evaluated
        on evaluated.profile_id = links.{{ member }}
    group by links.{{ of }}
{%- endmacro %}
