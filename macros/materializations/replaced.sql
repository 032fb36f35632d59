{#-
  A table or view put in the place of the last one at once. dbt's own rename the old one away and back, each time through a macro
  that costs more than the statement: a fifth of a small run's time.
-#}
{% materialization replaced_table, default %}
    {{ return(dbt_audiences.replaced('table', sql)) }}
{% endmaterialization %}

{% materialization replaced_view, default %}
    {{ return(dbt_audiences.replaced('view', sql)) }}
{% endmaterialization %}

{#- The same steps for both; `type` is table or view. -#}
{% macro replaced(type, sql) %}
    {%- set relation = dbt_audiences.previewed(this).incorporate(type=type) -%}
    {%- set existing = load_cached_relation(relation) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- call statement('main') -%}
        {{ 'drop ' ~ existing.type ~ ' if exists ' ~ existing ~ ' cascade;' if existing is not none }}
        create {{ type }} {{ relation }} as {{ sql }};
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do apply_grants(relation, config.get('grants')) -%}
    {%- do persist_docs(relation, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [relation]}) }}
{% endmacro %}
