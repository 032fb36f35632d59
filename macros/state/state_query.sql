{#-
  The body of a state model: its own rows. The table is made and migrated from the columns of its yml before every run, filled by
  what runs, and dropped by nothing.
-#}
{% macro state_query() -%}
    {%- if execute %}
select * from {{ this }}
    {%- endif %}
{%- endmacro %}
