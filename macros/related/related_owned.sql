{#-
  The related rows of users or accounts, with the typed columns that conditions read. Rows of nobody who is known are left out.

  rows     relation as `related_rows` gives it
  of       users or accounts; `profile_id` is the account's id then
  links    how many texts tie its rows to those of others
  columns  a list of mappings: `name`, `path`, `type`; see `narrow_value`
  shape    profile_id, row_id, parent_id (null), link_1.., the columns; one row for each row of the table
-#}
{% macro related_owned(rows, of='users', links=0, columns=[]) -%}
select
    {{ 'profile_identifiers.profile_id' if of == 'users' else 'accounts.account_id as profile_id' }},
    rows.row_id,
    cast(null as {{ dbt.type_string() }}) as parent_id
    {{- dbt_audiences._related_columns(links, columns) }}
from {{ rows }} as rows
{%- if of == 'users' %}
inner join {{ ref('dbt_audiences', 'profile_identifiers') }} as profile_identifiers
    on
        profile_identifiers.type = rows.owner_type
        and profile_identifiers.value = rows.owner
{%- else %}
inner join {{ ref('dbt_audiences', 'accounts') }} as accounts
    on accounts.account_id = rows.account_id
{%- endif %}
{%- endmacro %}


{#-
  The rows of a further table that belong to rows above, under their owner.

  above  relation of the rows above, as `related_owned` or this macro gives it
  ties   the texts that are equal: [number of the link above, number of the link here]
  shape  as above; `parent_id` is the row above, `row_id` names both
-#}
{% macro related_below(above, rows, ties, links=0, columns=[]) -%}
select
    above.profile_id,
    above.row_id || '/' || rows.row_id as row_id,
    above.row_id as parent_id
    {{- dbt_audiences._related_columns(links, columns) }}
from {{ above }} as above
inner join {{ rows }} as rows
    on rows.link_{{ ties[1] }} = above.link_{{ ties[0] }}
{%- endmacro %}


{% macro _related_columns(links, columns) -%}
    {%- set json = 'cast(rows.row_json as ' ~ dbt_audiences.json_type() ~ ')' -%}
    {%- for number in range(1, links + 1) %},
    rows.link_{{ number }}
    {%- endfor %}
    {%- for column in columns %},
    {{ dbt_audiences.narrow_value(json, column) }} as {{ column.name }}
    {%- endfor %}
{%- endmacro %}
