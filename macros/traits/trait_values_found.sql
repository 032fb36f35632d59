{#-
  The values that a computed trait is made of: one row for each current event that has one, or for each item where `$` opens an array.

  rows     name of the CTE of events
  columns  the columns that hold the value where nothing is opened, in the order of `types`
  types    what is read: number, instant, text, json
  opened   the column of the raw JSON whose items are read, or none; `paths` leads from it: a list of lists of keys, one more than
           arrays are opened
  current  whether rows say by `is_current` which of them count; else all do
  to_come  rows that are not current are read too, and `is_current` and `changes_at` handed on
  order    columns that order events of one instant (received_at)
  shape    profile_id, occurred_at, message_id, `order`, item_number, and a column of the name of each type, the first never null
-#}
{% macro trait_values_found(rows, types, columns=[], opened=none, paths=[], order=[], to_come=false, current=true) -%}
    {%- set order = order + (['is_current', 'changes_at'] if to_come else []) -%}
    {%- set found = columns if opened is none else [] -%}
    {%- set joins, numbers = [], [] -%}
    {%- if opened is not none -%}
        {%- set last = namespace(item='cast(' ~ rows ~ '.' ~ opened ~ ' as ' ~ dbt_audiences.json_type() ~ ')') -%}
        {%- for path in paths[:-1] -%}
            {%- set json = dbt_audiences.json_at(last.item, path) if path and not loop.first else last.item -%}
            {%- do joins.append(dbt_audiences.each_json_item(json, 'opened_' ~ loop.index)) -%}
            {%- do numbers.append('opened_' ~ loop.index ~ '.number') -%}
            {%- set last.item = 'opened_' ~ loop.index ~ '.item' -%}
        {%- endfor -%}
        {%- for type in types -%}{%- do found.append(dbt_audiences.typed_value(last.item, paths[-1], type)) -%}{%- endfor -%}
    {%- endif -%}
    select *
    from (
        select
            {%- for column in ['profile_id', 'occurred_at', 'message_id'] + order %}
            {{ rows }}.{{ column }},
            {%- endfor %}
            {%- for number in numbers %}
            {{ number }} as item_{{ loop.index }},
            {%- endfor %}
            {%- for type in types %}
            {{ found[loop.index0] | indent(12) }} as found_{{ type }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ rows }}
        {%- for join in joins %}
        {{ join }}
        {%- endfor %}
        {%- if current and not to_come %}
        where {{ rows }}.is_current
        {%- endif %}
    ) as read
    where found_{{ types[0] }} is not null
{%- endmacro %}
