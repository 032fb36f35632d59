{#-
  What must hold at a destination: the identifiers of an audience's members, with the traits that go along.

  audience     relation of the audience
  identifiers  a list of [type, which] with which of a profile's values go: first, last or all
  traits       a list of [name here, name there]
  shape        profile_id, identifier_type, identifier_value, traits (the text of a JSON object); one row for each identifier
-#}
{% macro desired_identifiers(audience, identifiers, traits=[]) -%}
with

chosen as (
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
    inner join {{ audience }} as members on members.profile_id = profile_identifiers.profile_id
)

select
    chosen.profile_id,
    chosen.type as identifier_type,
    chosen.value as identifier_value,
    {{ dbt_audiences._sent_traits(traits) }} as traits
from chosen
{%- for here, there in traits %}
left join {{ ref('dbt_audiences', 'traits') }} as trait_{{ loop.index }}
    on
        trait_{{ loop.index }}.profile_id = chosen.profile_id
        and trait_{{ loop.index }}.trait = {{ dbt_audiences.text_literal(here) }}
{%- endfor %}
where
    {%- for type, which in identifiers %}
    {{ 'or ' if not loop.first }}(chosen.type = {{ dbt_audiences.text_literal(type) }}
    {{- '' if which == 'all' else ' and chosen.from_' ~ which ~ ' = 1' }})
    {%- else %}
    false
    {%- endfor %}
{%- endmacro %}


{#- The object's text; a trait that a profile has not is left out. -#}
{% macro _sent_traits(traits) -%}
    {%- if not traits -%}{{ return("'{}'") }}{%- endif -%}
    {%- set parts = [] -%}
    {%- for here, there in traits -%}
        {%- do parts.append(
            dbt_audiences.text_literal(tojson(there) ~ ':') ~ ' || trait_' ~ loop.index ~ '.value'
        ) -%}
    {%- endfor -%}
    {{ return("'{' || concat_ws(',', " ~ parts | join(', ') ~ ") || '}'") }}
{%- endmacro %}
