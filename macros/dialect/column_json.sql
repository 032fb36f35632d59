{#-
  A column of a user's model as JSON text, as `load` would write the same value: no spaces, instants as ISO 8601 in UTC. Null where the
  column is null, a JSON null, or a float that is no number.

  type  the engine's name for the column's type, or none where it is not known
-#}
{% macro column_json(column, type=none) -%}
    {%- set name = (type or '') | lower -%}
    {%- set is_plain = not name.endswith(']') and name != 'array' -%}
    {%- if is_plain and name.startswith('timestamp') -%}
        {%- set instant = dbt_audiences.as_utc(column, type) -%}
        {{ return('case when isfinite(' ~ column ~ ') then ' ~ dbt_audiences.json_quoted(dbt_audiences.instant_text(instant)) ~ ' end') }}
    {%- endif -%}
    {%- if is_plain and name.startswith(('decimal', 'numeric')) -%}
        {%- set text = 'cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ ')' -%}
        {{ return(
            'case when ' ~ text ~ " like '%.%' then rtrim(rtrim(" ~ text ~ ", '0'), '.') when " ~ text
            ~ " not in ('NaN', 'Infinity', '-Infinity') then " ~ text ~ ' end'
        ) }}
    {%- endif -%}
    {{ return(adapter.dispatch('column_json', 'dbt_audiences')(column, name, is_plain)) }}
{%- endmacro %}


{% macro default__column_json(column, type, is_plain) -%}
    {%- set json = "nullif(cast(to_json(" ~ column ~ ") as " ~ dbt.type_string() ~ "), 'null')" -%}
    {%- if is_plain and type in ('double', 'float', 'real', 'double precision') -%}
        {%- set text = 'lower(cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ '))' -%}
        {{ return('case when ' ~ text ~ " not in ('nan', 'inf', '-inf', 'infinity', '-infinity') then " ~ json ~ ' end') }}
    {%- endif -%}
    {{ return(json) }}
{%- endmacro %}


{#- Its JSON keeps the spaces that it came with; those outside of texts go. -#}
{% macro postgres__column_json(column, type, is_plain) -%}
    {%- set json = dbt_audiences.default__column_json(column, type, is_plain) -%}
    {%- if type in ('json', 'jsonb', 'array') or not is_plain or '"' in type or 'user-defined' in type -%}
        {%- set spaces = '\'("(?:[^"\\\\]|\\\\.)*")|\\s+\'' -%}
        {{ return('regexp_replace(' ~ json ~ ', ' ~ spaces ~ ", '\\1', 'g')") }}
    {%- endif -%}
    {{ return(json) }}
{%- endmacro %}


{#- A column as an identifier of this type, as staging writes it: null where it is empty. -#}
{% macro column_identifier(column, kind, type=none) -%}
    {%- set name = (type or '') | lower -%}
    {%- set text = 'cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ ')' -%}
    {%- if name.startswith(('decimal', 'numeric', 'double', 'float', 'real')) -%}
        {%- set text = dbt_audiences.number_text('cast(' ~ column ~ ' as ' ~ dbt_audiences.number_type() ~ ')') -%}
    {%- endif -%}
    {{ return(dbt_audiences.normalized_identifier(text, kind, dbt_audiences.from_project('audiences_identity')())) }}
{%- endmacro %}


{#- Column name in lower case -> the name and the type that it has, of a relation that was built; empty before. -#}
{% macro columns_of(relation) -%}
    {%- set found = {} -%}
    {%- if execute -%}
        {%- set existing = adapter.get_relation(relation.database, relation.schema, relation.identifier) -%}
        {%- for column in (adapter.get_columns_in_relation(existing) if existing is not none else []) -%}
            {%- do found.update({column.name | lower: {'name': column.name, 'type': column.dtype}}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}
