{#- The email that a call names, trimmed and in lower case, from its traits or its context's traits; null without one. -#}
{% macro call_email(call) -%}
    {%- set own = dbt_audiences.json_text_at(call ~ '.traits', ['email']) -%}
    {%- set of_context = dbt_audiences.json_text_at(call ~ '.context', ['traits', 'email']) -%}
    {%- set found = 'coalesce(case when ' ~ call ~ ".type <> 'group' then " ~ own ~ ' end, ' ~ of_context ~ ')' -%}
    {%- set blank = dbt_audiences.text_literal(' \t\r\n') -%}
    {%- set trimmed = 'rtrim(ltrim(' ~ found ~ ', ' ~ blank ~ '), ' ~ blank ~ ')' -%}
    {{ return('nullif(' ~ dbt_audiences.lowered(trimmed) ~ ", '')") }}
{%- endmacro %}
