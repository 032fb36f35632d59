{#-
  A list that is kept in a file, as a relation.

  pieces  texts that make one JSON array of texts together
  shape   value; each once
-#}
{% macro list_values(pieces) -%}
    {{ return(dbt_audiences.each_json_text(dbt_audiences.text_literal('[' ~ pieces | join(',') ~ ']'))) }}
{%- endmacro %}
