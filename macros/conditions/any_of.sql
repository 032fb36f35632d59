{#- Several tests of one row of which one must hold, as SQL in parentheses. -#}
{% macro any_of(tests) -%}
    {{ return('(' ~ tests | join('\n        or ') ~ ')') }}
{%- endmacro %}
