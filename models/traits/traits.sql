{{ config(materialized='replaced_view') }}

{%- set computed = dbt_audiences.from_project('audiences_computed_traits')() %}
{%- set frozen = dbt_audiences.frozen_traits(dbt_audiences.from_project('audiences_frozen_traits')()) %}
{%- set merges, profiles = ref('dbt_audiences', 'profile_merges'), ref('dbt_audiences', 'profiles') %}
{%- set declared = dbt_audiences.from_project('audiences_sql_traits')() %}
{%- set hiding = computed + frozen | map(attribute='key') | list + declared | map(attribute='names') | sum(start=[]) + dbt_audiences.from_project('audiences_keys')() %}

-- The value of every trait as it stands at as_of; one set to null is gone. A custom trait that a key or a SQL trait hides is
-- `custom.<name>`.
select
    profile_id,
    {%- if hiding %}
    case
        when trait in ({{ dbt_audiences.text_literals(hiding) | join(', ') }}) then 'custom.' || trait
        else trait
    end as trait,
    {%- else %}
    trait,
    {%- endif %}
    value,
    updated_at
from {{ ref('dbt_audiences', 'custom_traits') }}
{%- for key in computed %}
{%- set values = ref(key) %}
{%- if not execute or adapter.get_relation(values.database, values.schema, values.identifier) is not none %}
union all
select
    profile_id,
    {{ dbt_audiences.text_literal(key) }} as trait,
    value,
    updated_at
from {{ values }}
where value is not null
{%- endif %}
{%- endfor %}
{%- for one in frozen %}
union all
select
    profile_id,
    {{ dbt_audiences.text_literal(one.key) }} as trait,
    value,
    updated_at
from {{ dbt_audiences.frozen_values(one.relation, merges, profiles) }}
{%- endfor %}
{%- for one in declared %}
{%- set rows = ref(one.model) %}
{%- if not execute or adapter.get_relation(rows.database, rows.schema, rows.identifier) is not none %}
union all
select
    profile_id,
    trait,
    value,
    updated_at
from {{ dbt_audiences.sql_trait_said(rows, one.of) }}
{%- endif %}
{%- endfor %}
