{{ config(materialized='replaced_view') }}

{% set declared = dbt_audiences.from_project('audiences_event_sources')() -%}
{% for source in declared -%}
{{ 'union all' if not loop.first }}
{{ dbt_audiences.declared_event_calls(source) }}
{% else -%}
{{ dbt_audiences.no_calls() }}
{% endfor %}
