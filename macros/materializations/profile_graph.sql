{#-
  Identifiers into profiles: whatever was seen together, directly or through others, is one profile. The model's query gives the
  links (identifier_type, identifier_value, linked_type, linked_value, first_seen_at); the table keeps its profile ids from run to
  run. A merge keeps the older profile's id, and memberships and ledger follow in the same transaction. Where more than half of the
  identifiers are gone, their source may have broken: the model fails, as a `guarded_table` does, and everything waits.
-#}
{% materialization profile_graph, default %}
    {%- set relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- set has_run = adapter.get_relation(this.database, this.schema, this.identifier) is not none -%}
    {%- if not has_run -%}{%- do dbt_audiences.make_state_table(model) -%}{%- endif -%}
    {%- call statement('links') -%}
        {{ dbt_audiences.graph_tables(sql) }}
    {%- endcall -%}
    {%- do dbt_audiences.refuse_emptied_source(model.name, 'graph_nodes', has_run) -%}
    {%- do dbt_audiences.connect_graph() -%}
    {%- call statement('main') -%}
        {{ dbt_audiences.lock_state('identity') }}
        {{ dbt_audiences.graph_profiles(relation) }}
        {{ dbt_audiences.follow_merges() }}
        {{ dbt_audiences.replace_identifiers(relation) }}
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do persist_docs(relation, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}
