{#-
  A text column that contains, starts or ends with one of several texts; no wildcards, by code point. A missing
  value is null, and so neither true nor, with `negated`, false's opposite.

  where  anywhere, start or end
-#}
{% macro text_found(column, texts, where='anywhere', negated=false, ignore_case=false) -%}
    {%- if texts | length == 0 -%}{{ return('false') }}{%- endif -%}
    {%- set left = dbt_audiences.case_ignored(column) if ignore_case else column -%}
    {%- set tests = [] -%}
    {%- for text in texts -%}
        {%- set literal = dbt_audiences.text_literal(text) -%}
        {%- set literal = dbt_audiences.case_ignored(literal) if ignore_case else literal -%}
        {%- if where == 'start' -%}
            {%- do tests.append('left(' ~ left ~ ', length(' ~ literal ~ ')) = ' ~ literal) -%}
        {%- elif where == 'end' -%}
            {%- do tests.append('right(' ~ left ~ ', length(' ~ literal ~ ')) = ' ~ literal) -%}
        {%- else -%}
            {%- do tests.append('strpos(' ~ left ~ ', ' ~ literal ~ ') > 0') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set found = tests[0] if tests | length == 1 else dbt_audiences.laid_out('(', tests, ')', 'or') -%}
    {{ return(('not ' if negated else '') ~ found) }}
{%- endmacro %}
