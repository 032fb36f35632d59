{#-
  The rows of a model that declared itself a SQL trait.

  model       relation of the model
  identifier  the type of identifier that it is keyed by, which is also the name of the column
  traits      the names of the other columns
  shape       identifier_type, identifier (as staging writes it; null and twice where the model is wrong), traits (JSON text of an
              object of those that have a value)
-#}
{% macro sql_trait_rows(model, identifier, traits) -%}
    {%- set columns = dbt_audiences.columns_of(model) -%}
    {%- set found = columns.get(identifier | lower, {'name': identifier}) -%}
{%- set value = dbt_audiences.column_identifier('t.' ~ adapter.quote(found.name), identifier, found.get('type')) -%}
select
    {{ dbt_audiences.text_literal(identifier) }} as identifier_type,
    {{ value }} as identifier,
    {{ dbt_audiences.columns_json(columns, traits) | indent(4) }} as traits
from {{ model }} as t
{%- if dbt_audiences.suppression_salt() is not none %}
where {{ value }} is null or {{ dbt_audiences.not_forgotten(dbt_audiences.text_literal(identifier), value) }}
{%- endif %}
{%- endmacro %}
