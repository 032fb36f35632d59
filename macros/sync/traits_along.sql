{#-
  The object, as text, of what is said of a profile and of the traits that go along; what a profile has not is left out.

  traits  a list of [name here, name there], joined by `join_traits_along`
  said    SQL of the inside of an object that comes first, or none
-#}
{% macro traits_along(traits, said=none) -%}
    {%- set parts = [said] if said else [] -%}
    {%- for here, there in traits -%}
        {%- do parts.append(
            dbt_audiences.text_literal(tojson(there) ~ ':') ~ ' || trait_' ~ loop.index ~ '.value'
        ) -%}
    {%- endfor -%}
    {%- if not parts -%}{{ return("'{}'") }}{%- endif -%}
    {%- if not traits -%}{{ return("'{' || " ~ said ~ " || '}'") }}{%- endif -%}
    {{ return("'{' || concat_ws(',', " ~ parts | join(', ') ~ ") || '}'") }}
{%- endmacro %}


{#- The joins of those traits to a relation of profiles or accounts. -#}
{% macro join_traits_along(traits, relation) -%}
    {%- for here, there in traits %}
left join {{ ref('dbt_audiences', 'traits') }} as trait_{{ loop.index }}
    on
        trait_{{ loop.index }}.profile_id = {{ relation }}.profile_id
        and trait_{{ loop.index }}.trait = {{ dbt_audiences.text_literal(here) }}
    {%- endfor %}
{%- endmacro %}
