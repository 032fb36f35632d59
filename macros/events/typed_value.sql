{#-
  A value inside a JSON column, read as one type: null for a missing value and for one that does not convert.

  path  a list of keys; an empty list is the column itself
  type  number, text, boolean, instant, or presence (a boolean that is never null: neither absent nor null)
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
        {%- set number = 'cast(' ~ dbt_audiences.json_number_at(json, path) ~ ' as ' ~ dbt.type_string() ~ ')' -%}
        {{ return(
            'case when ' ~ is_number ~ " then rtrim(rtrim(" ~ number ~ ", '0'), '.') else " ~ text ~ ' end'
        ) }}
    {%- endif -%}
    {{ exceptions.raise_compiler_error('typed_value(): unknown type `' ~ type ~ '`') }}
{%- endmacro %}
