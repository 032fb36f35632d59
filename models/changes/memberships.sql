{{ config(materialized='state_table') }}

{% for key in dbt_audiences.from_project('audiences_keys')() -%}
-- depends_on: {{ ref(project_name, key) }}
{% endfor -%}
{{ dbt_audiences.state_query() }}
