{#-
  A text column that contains, starts or ends with one of several texts; no wildcards, by code point, case-sensitive. A missing
  value is null, and so neither true nor, with `negated`, false's opposite.

  where  anywhere, start or end
-#}
{% macro text_found(column, texts, where='anywhere', negated=false) -%}
    {%- set tests = [] -%}
    {%- for text in texts -%}
        {%- set literal = dbt_audiences.text_literal(text) -%}
        {%- if where == 'start' -%}
            {%- do tests.append('left(' ~ column ~ ', length(' ~ literal ~ ')) = ' ~ literal) -%}
        {%- elif where == 'end' -%}
            {%- do tests.append('right(' ~ column ~ ', length(' ~ literal ~ ')) = ' ~ literal) -%}
        {%- else -%}
            {%- do tests.append('strpos(' ~ column ~ ', ' ~ literal ~ ') > 0') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set found = tests[0] if tests | length == 1 else dbt_audiences.laid_out('(', tests, ')', 'or') -%}
    {%- if negated and tests | length == 1 and where == 'anywhere' -%}
        {{ return('strpos(' ~ column ~ ', ' ~ dbt_audiences.text_literal(texts[0]) ~ ') = 0') }}
    {%- endif -%}
    {{ return(('not ' if negated else '') ~ found) }}
{%- endmacro %}
