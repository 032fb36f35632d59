{#-
  What is wrong with the rows of a SQL trait, with up to ten of those rows; an empty text where nothing is.

  meta  the config.meta of the copy: `model`, `identifier`, `traits`, and `personal`, the columns that are shown to nobody
  rows  relation of the fresh rows: identifier, traits
-#}
{% macro sql_trait_problem(meta, rows, columns=none) -%}
    {%- set name = meta['model'] -%}
    {%- set columns = dbt_audiences.columns_of(ref(project_name, name)) if columns is none else columns -%}
    {%- set wanted = [meta['identifier'] | lower] -%}
    {%- for trait in meta['traits'] -%}{%- do wanted.append(trait | lower) -%}{%- endfor -%}
    {%- set lacking, unlisted = wanted | reject('in', columns) | list, columns.keys() | reject('in', wanted) | list -%}
    {%- if columns and lacking -%}{{ return(name ~ ' has no column `' ~ lacking[0] ~ '`; the last good values stay') }}{%- endif -%}
    {%- if unlisted -%}
        {{ return(
            name ~ ' has a column `' ~ unlisted[0] ~ '` that neither its yml lists nor its SQL names: list it below `columns:`; '
            ~ 'the last good values stay'
        ) }}
    {%- endif -%}
    {%- set twice = 'select identifier from ' ~ rows ~ ' where identifier is not null group by identifier having count(*) > 1' -%}
    {%- set counts = run_query(
        'select count(case when identifier is null then 1 end), count(case when identifier in (' ~ twice ~ ') then 1 end) from ' ~ rows
    ).rows[0] -%}
    {%- set nulls, doubles = counts[0] | int, counts[1] | int -%}
    {%- if not nulls and not doubles -%}{{ return('') }}{%- endif -%}
    {%- set shown = [] -%}
    {%- for row in run_query(
        'select identifier, traits from ' ~ rows ~ ' where identifier is null or identifier in (' ~ twice ~ ') order by case when identifier '
        ~ 'is null then 0 else 1 end, ' ~ dbt_audiences.by_code_point('identifier') ~ ', ' ~ dbt_audiences.by_code_point('traits') ~ ' limit 10'
    ).rows -%}
        {%- do shown.append(dbt_audiences._row_shown(meta, row[0], row[1])) -%}
    {%- endfor -%}
    {%- set said = [] -%}
    {%- if nulls -%}{%- do said.append(nulls ~ ' without ' ~ meta['identifier']) -%}{%- endif -%}
    {%- if doubles -%}{%- do said.append(doubles ~ ' with a ' ~ meta['identifier'] ~ ' that another has too') -%}{%- endif -%}
    {{ return('rows of ' ~ name ~ ': ' ~ said | join(', ') ~ '; the last good values stay: ' ~ shown | join(' | ')) }}
{%- endmacro %}


{% macro _row_shown(meta, identifier, traits) -%}
    {%- set personal = meta.get('personal', []) -%}
    {%- set said = 'null' if identifier is none else '***' if meta['identifier'] in personal else identifier -%}
    {%- if personal -%}
        {%- set kept = {} -%}
        {%- for name, value in fromjson(traits or '{}', {}).items() -%}
            {%- do kept.update({name: '***' if name in personal and value is not none else value}) -%}
        {%- endfor -%}
        {%- set traits = tojson(kept) -%}
    {%- endif -%}
    {{ return(said ~ ' ' ~ (traits | string)[:80]) }}
{%- endmacro %}
