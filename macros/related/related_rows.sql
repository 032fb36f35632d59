{#-
  The rows of a model that declared itself a table of related rows.

  model    relation of the model
  name     what its rows are called
  key      the column that tells rows apart and that others refer to; without one each row is one of its own
  owner    [type of identifier, column] of the user that a row belongs to, or none
  account  the column of the account that it belongs to, or none
  links    the columns that tie rows of two tables together
  columns  the columns that conditions read
  shape    row_id, owner_type, owner, account_id, a text for each of `links` (link_1, link_2, ..), row_json (of `columns`)
-#}
{% macro related_rows(model, name, key=none, owner=none, account=none, links=[], columns=[]) -%}
    {%- set known = dbt_audiences.columns_of(model) -%}
    {%- for column in columns + links + ([owner[1]] if owner else []) + ([account] if account else []) + ([key] if key else []) -%}
        {%- if known and column | lower not in known -%}
            {{ exceptions.raise_compiler_error('rows of `' ~ name ~ '` have no column `' ~ column ~ '`') }}
        {%- endif -%}
    {%- endfor -%}
    {%- if key and known -%}{%- do dbt_audiences._refuse_double_keys(model, name, dbt_audiences._column_text(known, key)) -%}{%- endif -%}
    {%- set whole = 'cast(' ~ dbt_audiences.row_as_json('t') ~ ' as ' ~ dbt.type_string() ~ ')' -%}
select
    {%- if key %}
    {{ dbt_audiences._column_text(known, key) }} as row_id,
    {%- else %}
    md5({{ whole }}) || '-' || cast(
        row_number() over (partition by {{ whole }} order by 1) as {{ dbt.type_string() }}
    ) as row_id,
    {%- endif %}
    {{ dbt_audiences.text_literal(owner[0]) if owner else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as owner_type,
    {{ dbt_audiences._column_text(known, owner[1], owner[0]) if owner else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as owner,
    {{ dbt_audiences._column_text(known, account) if account else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as account_id,
    {%- for column in links %}
    {{ dbt_audiences._column_text(known, column) }} as link_{{ loop.index }},
    {%- endfor %}
    {{ dbt_audiences.columns_json(known, columns) | indent(4) }} as row_json
from {{ model }} as t
where
    {{ dbt_audiences._column_text(known, key) ~ ' is not null' if key else 'true' }}
{%- if owner and dbt_audiences.suppression_salt() is not none %}
    {%- set value = dbt_audiences._column_text(known, owner[1], owner[0]) %}
    and ({{ value }} is null or {{ dbt_audiences.not_forgotten(dbt_audiences.text_literal(owner[0]), value) }})
{%- endif %}
{%- endmacro %}


{% macro _column_text(known, column, kind='') -%}
    {%- set found = known.get(column | lower, {'name': column}) -%}
    {{ return(dbt_audiences.column_identifier('t.' ~ adapter.quote(found.name), kind, found.get('type'))) }}
{%- endmacro %}


{% macro _refuse_double_keys(model, name, key) -%}
    {%- if flags.WHICH in ('run', 'build') -%}
        {%- set rows = run_query(
            'select ' ~ key ~ ', count(*) from ' ~ model ~ ' as t where ' ~ key ~ ' is not null group by 1 having count(*) > 1 order by 1 limit 10'
        ).rows -%}
        {%- if rows | length -%}
            {%- set shown = [] -%}
            {%- for row in rows -%}{%- do shown.append(row[0] ~ ' (' ~ row[1] ~ ')') -%}{%- endfor -%}
            {{ exceptions.raise_compiler_error('rows of `' ~ name ~ '` share a key: ' ~ shown | join(', ')) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
