{#-
  A text as a phone number with its country (E.164), null where it is none. A number that names no country is of `rule`'s region,
  and none where there is no rule or the region has no such number.

  rule  how numbers of a region are written: a mapping of `country_code`, `abroad` (a pattern of what is dialled before other country
        codes, or none), `steps` and `valid`, as `audiences compile` writes them from what libphonenumber knows; or none
-#}
{% macro phone_number(text, rule=none) -%}
    {%- set digits = 'translate(' ~ text ~ ', ' ~ dbt_audiences.text_literal(' \t\r\n.-()/') ~ ", '')" -%}
    {%- if not rule -%}{{ return('case ' ~ dbt_audiences._number_with_country(digits) ~ ' end') }}{%- endif -%}
    {%- if rule.abroad -%}
        {%- set digits = dbt_audiences._replaced(digits, rule.abroad, '+\\1') -%}
    {%- endif -%}
    {%- set proper = dbt_audiences._proper_number(digits, rule.steps) -%}
    {{ return(
        'case when ' ~ dbt_audiences.pattern_found(proper, rule.valid) ~ " then '+" ~ rule.country_code ~ "' || " ~ proper
        ~ dbt_audiences._number_with_country(digits) ~ ' end'
    ) }}
{%- endmacro %}


{#- What of a case takes a number with any country as it is written. -#}
{% macro _number_with_country(digits) -%}
    {%- set number = dbt_audiences._replaced(digits, '^00', '+') -%}
    {{ return(' when ' ~ dbt_audiences.pattern_found(number, '^\\+[1-9][0-9]{6,14}$') ~ ' then ' ~ number) }}
{%- endmacro %}


{#- The number without country code and trunk prefix, by the first step that fits. -#}
{% macro _proper_number(digits, steps) -%}
    {%- set found = [] -%}
    {%- for step in steps -%}
        {%- set number = dbt_audiences._replaced(digits, step.strip, step.by) -%}
        {%- set test = dbt_audiences.pattern_found(digits, step.test) -%}
        {%- if step.then is not none -%}
            {%- set test = test ~ ' and ' ~ dbt_audiences.pattern_found(number, step.then) -%}
        {%- endif -%}
        {%- do found.append(' when ' ~ test ~ ' then ' ~ number) -%}
    {%- endfor -%}
    {{ return('case' ~ found | join ~ ' end') }}
{%- endmacro %}


{% macro _replaced(text, pattern, by) -%}
    {{ return(
        'regexp_replace(' ~ text ~ ', ' ~ dbt_audiences.text_literal(pattern) ~ ', ' ~ dbt_audiences.text_literal(by) ~ ')'
    ) }}
{%- endmacro %}
