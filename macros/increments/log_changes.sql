{#-
  Statements that write down whose rows a build changed; they belong to the transaction of the build.

  changes  a list of mappings: `of` (users or accounts) and `query`, SQL that gives one column, the ids; null means everybody
-#}
{% macro log_changes(model, changes) -%}
    {%- set log = dbt_audiences.state_relation('changed_entities') -%}
    {%- set number = '(select coalesce(max(number), 0) + 1 from ' ~ log ~ ')' -%}
        {{ dbt_audiences.lock_state('changes') }}
        insert into {{ log }} (number, model, of, id)
    {%- for change in changes %}
        {{ 'union all ' if not loop.first }}select distinct {{ number }}, {{ dbt_audiences.text_literal(model) }}, '{{ change.of }}', entity
        from ({{ change.query }}) as changed_{{ loop.index }} (entity)
    {%- endfor %};
{%- endmacro %}


{#- The same for a table that `fresh` is to replace: ids of the rows that only one of the two has. -#}
{% macro log_replacement(model, existing, fresh) -%}
    {%- set columns = dbt_audiences._column_names(existing) -%}
    {%- set fresh_columns = dbt_audiences._column_names(fresh) -%}
    {%- set changes = [] -%}
    {%- if columns | reject('in', fresh_columns) | list -%}
        {%- do changes.append({'of': 'users', 'query': 'select cast(null as text)'}) -%}
    {%- else -%}
        {%- set shared = [] -%}
        {%- for column in columns -%}{%- do shared.append(adapter.quote(column)) -%}{%- endfor -%}
        {%- set listed = shared | join(', ') -%}
        {#- One grouping takes a quarter of the time of `except all` in both directions. -#}
        {%- call statement('differing') -%}
            create temporary table differing as
            select {{ listed }}
            from (
                select {{ listed }}, 1 as more_in_existing from {{ existing }}
                union all
                select {{ listed }}, -1 from {{ fresh }}
            ) as rows_of_both
            group by {{ listed }}
            having sum(more_in_existing) <> 0
        {%- endcall -%}
        {%- set own = config.get('meta', {}).get('of', 'users') -%}
        {%- for of, id in [(own, 'profile_id'), ('accounts', 'account_id'), ('accounts', 'group_id')] if id in columns -%}
            {%- do changes.append({'of': of, 'query': 'select ' ~ id ~ ' from differing where ' ~ id ~ ' is not null'}) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if changes -%}
        {%- call statement('logged') -%}{{ dbt_audiences.log_changes(model, changes) }}{%- endcall -%}
    {%- endif -%}
    {%- call statement('compared') -%}drop table if exists differing{%- endcall -%}
{%- endmacro %}


{#- The same for a table that is new: what reads it must look at everybody. -#}
{% macro log_first_build(model) -%}
    {%- call statement('logged') -%}
        {{ dbt_audiences.log_changes(model, [{'of': 'users', 'query': 'select cast(null as text)'}]) }}
    {%- endcall -%}
{%- endmacro %}


{% macro _column_names(relation) -%}
    {{ return(adapter.get_columns_in_relation(relation) | map(attribute='name') | list) }}
{%- endmacro %}
