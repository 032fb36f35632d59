{#-
  A value inside a JSON column, read as one type: null for a missing value and for one that does not convert.

  path  a list of keys; an empty list is the column itself
  type  number, text, boolean, instant, presence (a boolean that is never null: neither absent nor null), json (the value as JSON
        writes it, the same text on every engine, but for what stands inside an array or object), or raw (the JSON as it came)
-#}
{% macro typed_value(json, path, type) -%}
    {%- set text = dbt_audiences.json_text_at(json, path) -%}
    {%- set is_number = dbt_audiences.json_is_number(json, path) -%}
    {%- if type == 'number' -%}
        {{ return(dbt_audiences.json_to_number(json, path)) }}
    {%- elif type == 'presence' -%}
        {{ return(text ~ ' is not null') }}
    {%- elif type == 'boolean' -%}
        {{ return("case lower(" ~ text ~ ") when 'true' then true when 'false' then false end") }}
    {%- elif type == 'instant' -%}
        {{ return(
            'case when ' ~ is_number ~ ' then ' ~ dbt_audiences.epoch_to_instant(dbt_audiences.json_number_at(json, path))
            ~ ' else ' ~ dbt_audiences.to_instant(text) ~ ' end'
        ) }}
    {%- elif type == 'text' -%}
        {{ return(
            'case when ' ~ is_number ~ ' then ' ~ dbt_audiences.json_number_text(json, path) ~ ' else ' ~ text ~ ' end'
        ) }}
    {%- elif type == 'json' -%}
        {%- set raw = dbt_audiences.typed_value(json, path, 'raw') -%}
        {{ return(
            'case when ' ~ is_number ~ ' then ' ~ dbt_audiences.json_number_text(json, path)
            ~ " when substr(" ~ raw ~ ", 1, 1) = '\"' then " ~ dbt_audiences.json_quoted(text)
            ~ ' when ' ~ text ~ ' is not null then ' ~ raw ~ ' end'
        ) }}
    {%- elif type == 'raw' -%}
        {{ return('cast(' ~ (dbt_audiences.json_at(json, path) if path else json) ~ ' as ' ~ dbt.type_string() ~ ')') }}
    {%- endif -%}
    {{ exceptions.raise_compiler_error('typed_value(): unknown type `' ~ type ~ '`') }}
{%- endmacro %}


{#-
  The JSON number at `path` as text: the exact decimal without trailing zeros; beyond 29 digits as it came, where it has digits
  alone: what an engine's JSON makes of an exponent is no two engines' the same.
-#}
{% macro json_number_text(json, path) -%}
    {%- set number = dbt_audiences.number_text(dbt_audiences.json_number_at(json, path)) -%}
    {%- set text = dbt_audiences.json_text_at(json, path) -%}
    {{ return('coalesce(' ~ number ~ ', case when strpos(lower(' ~ text ~ "), 'e') = 0 then " ~ text ~ ' end)') }}
{%- endmacro %}
