{#-
  The identifiers of profiles, each with its place among those of its type, by when it was first seen.

  profiles  relation, or the name of a CTE, of the profiles; each stands there once
  shape     profile_id, type, value, from_first, from_last
-#}
{% macro ranked_identifiers(profiles) -%}
    select
        profile_identifiers.profile_id,
        profile_identifiers.type,
        profile_identifiers.value,
        row_number() over (
            partition by profile_identifiers.profile_id, profile_identifiers.type
            order by profile_identifiers.first_seen_at, {{ dbt_audiences.by_code_point('profile_identifiers.value') }}
        ) as from_first,
        row_number() over (
            partition by profile_identifiers.profile_id, profile_identifiers.type
            order by profile_identifiers.first_seen_at desc, {{ dbt_audiences.by_code_point('profile_identifiers.value') }} desc
        ) as from_last
    from {{ ref('dbt_audiences', 'profile_identifiers') }} as profile_identifiers
    inner join {{ profiles }} as members on members.profile_id = profile_identifiers.profile_id
{%- endmacro %}


{#- Which of them go, as a condition on `chosen`: a list of [type, which] with first, last or all. -#}
{% macro identifiers_that_go(identifiers) -%}
    {%- for type, which in identifiers %}
    {{ 'or ' if not loop.first }}(chosen.type = {{ dbt_audiences.text_literal(type) }}
    {{- '' if which == 'all' else ' and chosen.from_' ~ which ~ ' = 1' }})
    {%- else %}
    false
    {%- endfor %}
{%- endmacro %}
