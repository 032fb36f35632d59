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
    {{ dbt_audiences.ranked_identifiers(audience) }}
)

select
    chosen.profile_id,
    chosen.type as identifier_type,
    chosen.value as identifier_value,
    {{ dbt_audiences.traits_along(traits) }} as traits
from chosen
{{- dbt_audiences.join_traits_along(traits, 'chosen') }}
where
    {{- dbt_audiences.identifiers_that_go(identifiers) }}
{%- endmacro %}
