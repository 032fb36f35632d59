{#-
  Some columns of a row with the alias `t` as the JSON text of one object; those without a value are left out.

  known   what `columns_of` says of the relation
  names   the keys of the object, which are names of columns in any case of letters
-#}
{% macro columns_json(known, names) -%}
    {%- set values = [] -%}
    {%- for name in names -%}
        {%- set column = known.get(name | lower, {} if known else {'name': name}) -%}
        {%- if column -%}
            {%- set json = dbt_audiences.column_json('t.' ~ adapter.quote(column.name), column.get('type')) -%}
            {%- set key = dbt_audiences.text_literal(',' ~ tojson(name) ~ ':') -%}
            {%- do values.append('coalesce(' ~ key ~ ' || ' ~ json ~ ", '')") -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if not values -%}{{ return("'{}'") }}{%- endif -%}
    {{ return("'{' || substr(\n    " ~ values | join('\n    || ') ~ ",\n    2\n) || '}'") }}
{%- endmacro %}
