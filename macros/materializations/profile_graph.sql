{#-
  Identifiers into profiles: what calls name together, directly or through others, is one profile, as far as the limits of identity.yml
  allow. The model's query gives the combinations of identifiers that calls name; the table keeps its profile ids from run to run. A
  run looks at the components that new calls reach, or at all. A merge keeps the older profile's id, and memberships and ledger
  follow in the same transaction. Where more than half of the identifiers are gone, their source may have broken: the model fails,
  as a `guarded_table` does, and everything waits.
-#}
{% materialization profile_graph, default %}
    {%- set relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- set identity = dbt_audiences.from_project('audiences_identity')() -%}
    {%- set rules = {'types': dbt_audiences.identifier_types(identity), 'limits': dbt_audiences.profile_limits(identity)} -%}
    {%- if var('audiences_identity_preview', false) -%}
        {%- do dbt_audiences.preview_identities(relation, sql, rules) -%}
        {{ return({'relations': []}) }}
    {%- endif -%}
    {%- set has_run = adapter.get_relation(this.database, this.schema, this.identifier) is not none -%}
    {%- if not has_run -%}{%- do dbt_audiences.make_state_table(model) -%}{%- endif -%}
    {%- set scope = dbt_audiences.identity_scope(sql, rules, has_run) -%}
    {%- if scope.is_full or scope.is_touched -%}
        {%- do dbt_audiences.resolve_identities(relation, scope, rules, has_run) -%}
    {%- else -%}
        {%- call statement('main') -%}{{ dbt_audiences.drop_scope() }}{%- endcall -%}
    {%- endif -%}
    {%- if not scope.is_full -%}{%- do dbt_audiences.refuse_emptied_source(model.name, relation, has_run) -%}{%- endif -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do persist_docs(relation, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}


{#- The steps of a run that has something to look at: `scope` as identity_scope gives it. -#}
{% macro resolve_identities(relation, scope, rules, has_run) -%}
    {%- set is_first = not has_run or run_query('select 1 from ' ~ relation ~ ' limit 1').rows | length == 0 -%}
    {%- set before = relation if scope.is_full else 'graph_before' -%}
    {%- call statement('rows') -%}{{ dbt_audiences.graph_tables(scope.sql, rules.types, scope.is_full) }}{%- endcall -%}
    {%- set places = dbt_audiences.graph_places(rules.types) -%}
    {%- do dbt_audiences.graph_without_shared(places, rules.limits, scope.is_full) -%}
    {%- if scope.is_full -%}{%- do dbt_audiences.refuse_emptied_source(model.name, 'graph_nodes', has_run) -%}{%- endif -%}
    {%- do dbt_audiences.graph_components(places) -%}
    {%- do dbt_audiences.limited_components(rules.types, rules.limits, places) -%}
    {%- call statement('main') -%}
        {{ dbt_audiences.lock_state('identity') }}
        {{ dbt_audiences.graph_parts(places) }}
        {{ dbt_audiences.graph_profiles(before, relation, is_first) }}
        {{ dbt_audiences.follow_merges() }}
        {{ dbt_audiences.replace_identifiers(before, relation, scope.is_full, is_first) }}
        {{ dbt_audiences.note_violations(scope.is_full) }}
        {{ dbt_audiences.note_identity_seen(rules.types, scope) }}
        {{ dbt_audiences.drop_graph(scope.is_full) }}
    {%- endcall -%}
{%- endmacro %}
