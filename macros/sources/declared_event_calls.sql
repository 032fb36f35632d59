{#-
  Calls out of one dbt model that declared itself an event source: each row is an event, as it now stands; the columns that are not
  the event's time or identifiers are its properties.

  source  a mapping: `model`, `name` (of the event), and the columns `at`, `user_id`, `anonymous_id`, `email`, `group_id`, `id` (none
          where there is none; without an `id` equal rows are one event)
  shape   see `call_columns`
-#}
{% macro declared_event_calls(source) -%}
    {%- set row = dbt_audiences.row_as_json('t') -%}
    {%- set key = 't.' ~ adapter.quote(source.id) if source.id else 'md5(cast(' ~ row ~ ' as ' ~ dbt.type_string() ~ '))' -%}
    {%- set email = none -%}
    {%- if source.email -%}
        {%- set quoted = dbt_audiences.json_quoted('cast(t.' ~ adapter.quote(source.email) ~ ' as ' ~ dbt.type_string() ~ ')') -%}
        {%- set email = "'{\"traits\":{\"email\":' || " ~ quoted ~ " || '}}'" -%}
    {%- endif -%}
    {%- set values = {
        'message_id': dbt_audiences.text_literal(source.model ~ ':') ~ ' || cast(' ~ key ~ ' as ' ~ dbt.type_string() ~ ')',
        'type': "'track'",
        'occurred_at': dbt_audiences.as_utc('t.' ~ adapter.quote(source.at), dbt_audiences._column_type(source.model, source.at)),
        'user_id': 't.' ~ adapter.quote(source.user_id) if source.user_id else none,
        'anonymous_id': 't.' ~ adapter.quote(source.anonymous_id) if source.anonymous_id else none,
        'group_id': 't.' ~ adapter.quote(source.group_id) if source.group_id else none,
        'event': dbt_audiences.text_literal(source.name),
        'properties': row,
        'context': email,
        'source': dbt_audiences.text_literal(source.model),
    } -%}
    select
    {%- for name, type in dbt_audiences.call_columns() %}
        cast({{ values.get(name) or 'null' }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
    from {{ ref(project_name, source.model) }} as t
    where t.{{ adapter.quote(source.at) }} is not null
{%- endmacro %}


{#- The type of a column of a model that has been built; none before. -#}
{% macro _column_type(model, name) -%}
    {%- if execute -%}
        {%- set built = ref(project_name, model) -%}
        {%- set existing = adapter.get_relation(built.database, built.schema, built.identifier) -%}
        {%- for column in (adapter.get_columns_in_relation(existing) if existing is not none else []) if column.name | lower == name | lower -%}
            {{ return(column.dtype) }}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
