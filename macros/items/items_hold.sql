{#-
  Whether any, all or none of the items of an array satisfy a test; without items only none do.

  which   any_item, all_items or no_item
  items   the column of the items
  item    the name under which the test reads one
  fields  what it reads: pairs of name and type
-#}
{% macro items_hold(which, items, item, fields, test) -%}
    {%- if which == 'any_item' -%}
        {{ return(dbt_audiences.some_item(items, item, fields, test)) }}
    {%- elif which == 'no_item' -%}
        {{ return('not ' ~ dbt_audiences.some_item(items, item, fields, test)) }}
    {%- elif which == 'all_items' -%}
        {{ return(
            dbt_audiences.some_item(items, item, fields, 'true') ~ '\nand not '
            ~ dbt_audiences.some_item(items, item, fields, dbt_audiences.not_true(test))
        ) }}
    {%- endif -%}
    {{ exceptions.raise_compiler_error('items_hold(): unknown word `' ~ which ~ '`') }}
{%- endmacro %}
