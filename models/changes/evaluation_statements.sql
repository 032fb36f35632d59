{{ config(materialized='ephemeral') }}
{#- What a run executes itself to evaluate many audiences at once, by the same macros as the materialization of one: no table. #}
{%- if execute %}
{{ dbt_audiences.lock_state('evaluations') }}
{{ dbt_audiences.evaluating_tables() }}
/* models are named here */
{{ dbt_audiences.scope_statements() }}
/* answers are found here */
{{ dbt_audiences.membership_statements() }}
{{ dbt_audiences.drop_evaluating() }}
{%- endif %}
