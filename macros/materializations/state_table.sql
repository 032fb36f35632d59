{#- A table that runs write to and that no run replaces, not even a full refresh. -#}
{% materialization state_table, default %}
    {%- set relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks) }}
    {%- if adapter.get_relation(this.database, this.schema, this.identifier) is none -%}
        {%- do dbt_audiences.make_state_table(model) -%}
    {%- endif -%}
    {%- call statement('main') -%}
        select 1
    {%- endcall -%}
    {{ run_hooks(post_hooks) }}
    {%- do persist_docs(relation, model) -%}
    {{ adapter.commit() }}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}
