{#-
  An instant as a naive timestamp in UTC, whatever the session's time zone: a cast would take a time with a zone into that one.

  type  the engine's name for the expression's type, or none where it is not known
-#}
{% macro as_utc(expression, type) -%}
    {%- set name = (type or '') | lower -%}
    {%- if 'with time zone' in name or name == 'timestamptz' -%}{{ return('(' ~ expression ~ " at time zone 'UTC')") }}{%- endif -%}
    {{ return(expression) }}
{%- endmacro %}
