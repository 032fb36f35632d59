{#-
  What must hold at a destination: values of traits of users, under their identifiers, with the traits that go along.

  values, name  see `said_values`
  identifiers   a list of [type, which] with which of a profile's values go: first, last or all
  traits        a list of [name here, name there]
  shape         profile_id, identifier_type, identifier_value, traits (the text of a JSON object, the values in it); one row for each
                identifier of a profile with a value
-#}
{% macro desired_values(values, name, identifiers, traits=[]) -%}
with

said as (
    {{ dbt_audiences.said_values(values, name) }}
),

chosen as (
    {{ dbt_audiences.ranked_identifiers('said') }}
)

select
    chosen.profile_id,
    chosen.type as identifier_type,
    chosen.value as identifier_value,
    {{ dbt_audiences.traits_along(traits, 'said.said') }} as traits
from chosen
inner join said on said.profile_id = chosen.profile_id
{{- dbt_audiences.join_traits_along(traits, 'chosen') }}
where
    {{- dbt_audiences.identifiers_that_go(identifiers) }}
{%- endmacro %}
