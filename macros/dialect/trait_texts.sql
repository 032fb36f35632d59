{#- An exact decimal as JSON writes it: no exponent, no trailing zeros. -#}
{% macro number_text(number) -%}
    {{ return("rtrim(rtrim(cast(" ~ number ~ " as " ~ dbt.type_string() ~ "), '0'), '.')") }}
{%- endmacro %}


{#- An instant as ISO 8601 in UTC, to the microsecond where it has any. -#}
{% macro instant_text(instant) -%}
    {{ return(adapter.dispatch('instant_text', 'dbt_audiences')(instant)) }}
{%- endmacro %}

{% macro default__instant_text(instant) -%}
    {%- set text = 'to_char(' ~ instant ~ ", 'YYYY-MM-DD\"T\"HH24:MI:SS.US')" -%}
    {{ return("rtrim(rtrim(" ~ text ~ ", '0'), '.') || 'Z'") }}
{%- endmacro %}

{% macro duckdb__instant_text(instant) -%}
    {%- set text = 'strftime(' ~ instant ~ ", '%Y-%m-%dT%H:%M:%S.%f')" -%}
    {{ return("rtrim(rtrim(" ~ text ~ ", '0'), '.') || 'Z'") }}
{%- endmacro %}


{#- The join that yields each item of a JSON array as `item` and its place as `number`; what is no array is one item, null is none. -#}
{% macro each_json_item(json, alias) -%}
    {{ return(adapter.dispatch('each_json_item', 'dbt_audiences')(json, alias)) }}
{%- endmacro %}

{% macro default__each_json_item(json, alias) -%}
    {{ return(
        'cross join lateral json_array_elements(\n    case json_typeof(' ~ json ~ ")\n        when 'array' then " ~ json
        ~ "\n        when 'null' then '[]'\n        else json_build_array(" ~ json ~ ')\n    end\n) with ordinality as '
        ~ alias ~ ' (item, number)'
    ) }}
{%- endmacro %}

{% macro duckdb__each_json_item(json, alias) -%}
    {%- set list = 'case when json_type(' ~ json ~ ") = 'ARRAY' then cast(" ~ json ~ ' as json[]) else [' ~ json ~ '] end' -%}
    {{ return(
        'cross join lateral (\n    select unnest(items) as item, generate_subscripts(items, 1) as number\n    from (\n        select '
        ~ list ~ ' as items\n    ) as opened\n) as ' ~ alias
    ) }}
{%- endmacro %}
