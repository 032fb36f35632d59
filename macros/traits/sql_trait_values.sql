{#-
  The values of one SQL trait by profile, with the typed columns that conditions read.

  rows     relation of the copied rows: identifier_type, identifier, traits
  name     the trait
  columns  a list of mappings: `name`, `path` (the keys below the trait), `type`; see `narrow_value`
  of       users or accounts; `profile_id` is the account's id then
  shape    profile_id, valid_from (long ago), valid_to (null: the values are as last built, whatever as_of) and the columns
  twice    of several rows of one profile that of the identifier seen first counts
-#}
{% macro sql_trait_values(rows, name, columns, of='users') -%}
    {%- do dbt_audiences._refuse_never_built(rows) -%}
select
    profile_id,
    timestamp '0001-01-01 00:00:00' as valid_from,
    {{ dbt_audiences.never() }} as valid_to
    {%- for column in columns -%}
    ,
    {{ dbt_audiences.narrow_value('traits', dict(column, path=[name] + column.path)) }} as {{ column.name }}
    {%- endfor %}
from (
    {{ dbt_audiences.sql_trait_profiles(rows, of) | indent(4) }}
) as found
where
    choice = 1
    and {{ dbt_audiences.json_text_at('traits', [name]) }} is not null
{%- endmacro %}


{#- The copied rows with the profile of each; `choice` is 1 for the row that counts. -#}
{% macro sql_trait_profiles(rows, of) -%}
    {%- set json = 'cast(rows.traits as ' ~ dbt_audiences.json_type() ~ ')' -%}
    {%- if of == 'accounts' -%}
select
    rows.identifier as profile_id,
    {{ json }} as traits,
    rows.updated_at,
    1 as choice
from {{ rows }} as rows
    {%- else -%}
select
    profile_identifiers.profile_id,
    {{ json }} as traits,
    rows.updated_at,
    row_number() over (
        partition by profile_identifiers.profile_id
        order by profile_identifiers.first_seen_at, {{ dbt_audiences.by_code_point('rows.identifier') }}
    ) as choice
from {{ rows }} as rows
inner join {{ ref('dbt_audiences', 'profile_identifiers') }} as profile_identifiers
    on
        profile_identifiers.type = rows.identifier_type
        and profile_identifiers.value = rows.identifier
    {%- endif %}
{%- endmacro %}


{#- Without any good values yet nothing may be judged by them: whoever reads the trait waits. -#}
{% macro _refuse_never_built(rows) -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {%- set found = run_query(
            'select count(*) from ' ~ dbt_audiences.state_relation('sql_trait_refreshes') ~ ' where refreshed_at is null and model = '
            ~ dbt_audiences.text_literal(rows.identifier)
        ).rows[0][0] | int -%}
        {%- if found -%}{{ exceptions.raise_compiler_error(rows.identifier ~ ' has no good values yet') }}{%- endif -%}
    {%- endif -%}
{%- endmacro %}
