{#-
  The history of one custom trait: which value a profile had, and from when to when.

  name     the trait's name (the first key of its path)
  columns  a list of mappings: `name`, `path` (the keys below the trait), `type`; see `narrow_value`
  of       users, by identify calls, or accounts, by group calls; `profile_id` is the account's id then
  shape    profile_id, valid_from, valid_to (null: still valid) and the columns; one row for each call that says something
           of the trait. The latest by time, then by arrival (none first), then by message is valid; null takes the value away
-#}
{% macro custom_trait_values(name, columns, of='users') -%}
    {%- set id = 'profile_identifiers.profile_id' if of == 'users' else 'calls.group_id' -%}
    {%- set value = dbt_audiences.json_at('calls.traits', [name]) -%}
{{ config(meta=dict(dbt_audiences.can_fail(columns, 'trait', name, [name], 'valid_to is null'), follows='entities')) }}
-- Brought up to date by {{ ref('dbt_audiences', 'touched_calls') }}
select
    {{ id }}{{ ' as profile_id' if of == 'accounts' }},
    calls.occurred_at as valid_from,
    lead(calls.occurred_at) over (
        partition by {{ id }}
        order by
            calls.occurred_at,
            case when calls.received_at is null then 0 else 1 end,
            calls.received_at,
            {{ dbt_audiences.by_code_point('calls.message_id') }}
    ) as valid_to
    {%- for column in columns -%}
    ,
    {{ dbt_audiences.narrow_value('calls.traits', dict(column, path=[name] + column.path)) }} as {{ column.name }}
    {%- endfor %}
    {{- dbt_audiences.unreadable_columns('calls.traits', columns, [name]) }}
{%- if of == 'accounts' %}
from {{ ref('dbt_audiences', 'stg_groups') }} as calls
{%- else %}
from {{ ref('dbt_audiences', 'stg_identifies') }} as calls
inner join {{ ref('dbt_audiences', 'profile_identifiers') }} as profile_identifiers
    on
        profile_identifiers.type = calls.identifier_type
        and profile_identifiers.value = calls.identifier_value
{%- endif %}
where {{ value }} is not null
{%- endmacro %}
