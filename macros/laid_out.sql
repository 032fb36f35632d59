{#-
  SQL parts in one line where they fit, else one part a line, indented by four; the caller indents the whole with `indent`.

  word  `and` or `or` stands before each further part; none puts commas after them
-#}
{% macro laid_out(opening, parts, closing, word=none) -%}
    {%- set flat = opening ~ parts | join(' ' ~ word ~ ' ' if word else ', ') ~ closing -%}
    {%- if flat | length <= 72 and '\n' not in flat -%}{{ return(flat) }}{%- endif -%}
    {%- set lines = [] -%}
    {%- for part in parts -%}{%- do lines.append(part | indent(4)) -%}{%- endfor -%}
    {{ return(opening ~ '\n    ' ~ lines | join('\n    ' ~ word ~ ' ' if word else ',\n    ') ~ '\n' ~ closing) }}
{%- endmacro %}


{#- A list of short parts, as many to a line as fit. -#}
{% macro filled(opening, parts, closing) -%}
    {%- set flat = opening ~ parts | join(', ') ~ closing -%}
    {%- if flat | length <= 72 -%}{{ return(flat) }}{%- endif -%}
    {%- set state = namespace(text='', width=0) -%}
    {%- for part in parts -%}
        {%- set comma = '' if loop.last else ',' -%}
        {%- if state.width and state.width + part | length < 72 -%}
            {%- set state.text = state.text ~ ' ' ~ part ~ comma -%}
            {%- set state.width = state.width + part | length + 2 -%}
        {%- else -%}
            {%- set state.text = state.text ~ '\n    ' ~ part ~ comma -%}
            {%- set state.width = part | length + 5 -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(opening ~ state.text ~ '\n' ~ closing) }}
{%- endmacro %}
