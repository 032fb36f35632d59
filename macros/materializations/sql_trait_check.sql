{#- Fails where the last reading of a SQL trait found a fault. Nothing reads it, so that all else goes on with the last good values. -#}
{% materialization sql_trait_check, default %}
    {{ run_hooks(pre_hooks) }}
    {%- set problem = run_query(
        'select max(problem) from ' ~ dbt_audiences.state_relation('sql_trait_refreshes') ~ ' where model = '
        ~ dbt_audiences.text_literal(config.get('meta')['rows'])
    ).rows[0][0] -%}
    {%- if problem -%}{{ exceptions.raise_compiler_error(problem) }}{%- endif -%}
    {%- call statement('main') -%}select 1{%- endcall -%}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': []}) }}
{% endmaterialization %}
