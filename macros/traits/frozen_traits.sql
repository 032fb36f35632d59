{#-
  Computed traits that are disabled and were computed before: their values stay as they are. Such a model is unknown to dbt; its table
  lies where those of the others lie.

  keys   the keys of the disabled traits
  gives  a list of mappings: `key`, `relation`
-#}
{% macro frozen_traits(keys) -%}
    {%- set found = [] -%}
    {%- set beside = ref('dbt_audiences', 'stg_identifies') -%}
    {%- for key in keys if execute -%}
        {%- set relation = adapter.get_relation(beside.database, beside.schema, key) -%}
        {%- if relation is not none -%}{%- do found.append({'key': key, 'relation': relation}) -%}{%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
