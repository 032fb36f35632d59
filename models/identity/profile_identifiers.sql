{{ config(materialized='profile_graph') }}

{%- set identity = dbt_audiences.from_project('audiences_identity')() -%}
{%- set types = dbt_audiences.identifier_types(identity) -%}
{%- set aliases_link = not identity or identity.alias == 'link' %}

-- The identifiers that calls name together, and those that only SQL traits have.
select
{%- for type in types %}
    {%- if aliases_link %}
    {{ type.column }},
    {%- else %}
    case when type <> 'alias' or identifier_type = '{{ type.name }}' then {{ type.column }} end as {{ type.column }},
    {%- endif %}
{%- endfor %}
    {{ 'previous_id' if aliases_link else 'cast(null as ' ~ dbt.type_string() ~ ') as previous_id' }},
    occurred_at as first_seen_at,
    1 as call_count
from {{ dbt_audiences.previewed(ref('dbt_audiences', 'stg_calls')) }}
where
    identifier_type is not null
    /* and calls of touched profiles */
union all
select
{%- for type in types %}
    case when type = '{{ type.name }}' then value end as {{ type.column }},
{%- endfor %}
    null as previous_id,
    first_seen_at,
    0 as call_count
from {{ ref('dbt_audiences', 'sql_trait_identifiers') }}
where
    type <> 'group_id'
{%- for type in types %}
    {%- set blocked = dbt_audiences.blocked_identifier('value', type.name, identity) %}
    {{- "\n    and not (type = '" ~ type.name ~ "' and " ~ blocked ~ ')' if blocked }}
{%- endfor %}
    /* and identifiers of touched profiles */
