{#-
  Statements that write down which values of a narrow table could not be read as what conditions compare them with: how many, and
  three of them. They belong to the transaction of the build; empty where the table has no such columns.

  fresh  the table as it was just built; beside a typed column that can fail stands `<column>_odd`, the text of what failed
-#}
{% macro note_unreadable_values(model, fresh) -%}
    {%- set table = dbt_audiences.state_relation('unreadable_values') -%}
    {%- set meta = model.config.get('meta', {}) -%}
    {%- set key = dbt_audiences.text_literal(model.name) -%}
        delete from {{ table }} where model = {{ key }};
    {%- for read in meta.get('can_fail', []) %}
    {%- set odd = read['column'] ~ '_odd' %}
        insert into {{ table }} (model, kind, name, path, type, value_count, samples)
        select
            {{ key }}, '{{ read['kind'] }}', {{ dbt_audiences.text_literal(read['name']) }},
            {{ dbt_audiences.text_literal(read['path']) }}, '{{ read['type'] }}', counted.value_count, sampled.samples
        from (
            select count({{ odd }}) as value_count from {{ fresh }} where {{ read['standing'] }}
        ) as counted
        cross join (
            select '[' || string_agg({{ dbt_audiences.json_quoted('odd') }}, ', ' order by {{ dbt_audiences.by_code_point('odd') }}) || ']' as samples
            from (
                select distinct odd from (
                    select {{ odd }} as odd from {{ fresh }} where {{ odd }} is not null and {{ read['standing'] }} limit 1000
                ) as first_found
                order by odd
                limit 3
            ) as some_of_them
        ) as sampled
        where counted.value_count > 0;
    {%- endfor %}
{%- endmacro %}


{#- The columns `<column>_odd` of a select, each with its comma before it, for the typed columns that can fail. -#}
{% macro unreadable_columns(json, columns, prefix=[]) -%}
    {%- set parts = [] -%}
    {%- for column in columns if column.type in ('number', 'boolean', 'instant') and column.origin != 'call' -%}
        {%- set source = json if json is string else json[column.origin] -%}
        {%- set path = prefix + column.path -%}
        {%- set read = dbt_audiences.typed_value(source, path, column.type) -%}
        {%- do parts.append(
            ',\n    case when ' ~ read ~ ' is null then left(' ~ dbt_audiences.json_text_at(source, path) ~ ', 100) end as '
            ~ column.name ~ '_odd'
        ) -%}
    {%- endfor -%}
    {{ return(parts | join) }}
{%- endmacro %}


{#- What `note_unreadable_values` must know of these columns, as entries of a model's `meta`. -#}
{% macro can_fail(columns, kind, name, prefix=[], standing='true') -%}
    {%- set found = [] -%}
    {%- for column in columns if column.type in ('number', 'boolean', 'instant') and column.origin != 'call' -%}
        {%- set path = (['context'] if column.origin == 'context' else []) + prefix + column.path -%}
        {%- do found.append({
            'column': column.name, 'kind': kind, 'name': name, 'path': path | join('.'), 'type': column.type, 'standing': standing
        }) -%}
    {%- endfor -%}
    {{ return({'can_fail': found}) }}
{%- endmacro %}
