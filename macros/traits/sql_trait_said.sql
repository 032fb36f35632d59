{#-
  The values of all traits of a model, as what is sent takes several of one relation.

  rows   relation of the copied rows: identifier_type, identifier, traits
  of     users or accounts
  shape  a relation in brackets: profile_id, trait, value (JSON text, never null), updated_at; what a row lacks has no row here
-#}
{% macro sql_trait_said(rows, of) -%}
(
    select
        found.profile_id,
        entry.key as trait,
        cast(entry.value as {{ dbt.type_string() }}) as value,
        found.updated_at
    from (
        {{ dbt_audiences.sql_trait_profiles(rows, of) | indent(8) }}
    ) as found
    {{ dbt_audiences.each_json_entry('found.traits') | indent(4) }}
    where found.choice = 1
) as told
{%- endmacro %}
