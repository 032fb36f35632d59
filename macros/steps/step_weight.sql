{#-
  How often a child's event is counted: the sum of the weights of those tests that hold.

  terms  pairs of a whole number, not 0, and SQL; without SQL it always counts
-#}
{% macro step_weight(terms) -%}
    {%- set parts = [] -%}
    {%- for weight, test in terms -%}
        {%- set sign = '- ' if weight < 0 else '+ ' if parts else '' -%}
        {%- set factors = [weight | abs] if test is none or (weight | abs) > 1 else [] -%}
        {%- set factors = factors + ([] if test is none else [dbt_audiences.one_if(test)]) -%}
        {%- do parts.append(sign ~ factors | join(' * ')) -%}
    {%- endfor -%}
    {{ return(parts | join('\n')) }}
{%- endmacro %}


{#- Whether there is a value. -#}
{% macro known(value) -%}
    {{ return(value ~ ' is not null') }}
{%- endmacro %}
