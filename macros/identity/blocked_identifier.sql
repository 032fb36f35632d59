{#-
  The condition that a value of a type is blocked by identity.yml; none where it blocks nothing of the type.

  value  SQL of a normalized identifier, which is no null where the condition is asked
-#}
{% macro blocked_identifier(value, kind, identity) -%}
    {%- if not identity -%}{{ return(none) }}{%- endif -%}
    {%- set rules = identity.blocked.get('*', []) + identity.blocked.get(kind, []) -%}
    {%- set patterns = identity.blocked_patterns.get('*', []) + identity.blocked_patterns.get(kind, []) -%}
    {%- set tests = [] -%}
    {%- if rules -%}{%- do tests.append(value ~ ' in (' ~ dbt_audiences.text_literals(rules) | join(', ') ~ ')') -%}{%- endif -%}
    {%- for pattern in patterns -%}{%- do tests.append(dbt_audiences.pattern_found(value, pattern)) -%}{%- endfor -%}
    {{ return(('(' ~ tests | join(' or ') ~ ')') if tests else none) }}
{%- endmacro %}


{#- The value unless it is blocked. -#}
{% macro allowed_identifier(value, kind, identity) -%}
    {%- set blocked = dbt_audiences.blocked_identifier(value, kind, identity) -%}
    {{ return(value if blocked is none else 'case when not ' ~ blocked ~ ' then ' ~ value ~ ' end') }}
{%- endmacro %}
