{#-
  A filter on the profiles that a run looks at anew, as a comment: the materialization opens it where a run evaluates a part only, so
  that both kinds of run have one SQL. It goes behind the other conditions of a `where`. Empty for the name of a CTE (a text), which
  has its own filter.
-#}
{% macro in_scope(relation=none, column='profile_id') -%}
    {%- if relation is string -%}{{ return('') }}{%- endif -%}
    {{ return('/* and ' ~ column ~ ' in (select profile_id from scope) */') }}
{%- endmacro %}
