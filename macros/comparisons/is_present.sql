{#- Whether a value exists (is neither absent nor null); `column` is the boolean that the narrow table keeps of it. -#}
{% macro is_present(column, expected=true) -%}
    {{ return(('' if expected else 'not ') ~ column) }}
{%- endmacro %}
