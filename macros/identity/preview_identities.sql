{#-
  Works out from all calls who is who by the rules as they now stand, and writes it beside the table of identifiers, with the profile
  ids that a run would give: what `audiences identity rebuild` shows before anybody moves.

  relation  the table of identifiers
  sql       the model's query
  rules     as identity_scope takes them
-#}
{% macro preview_identities(relation, sql, rules) -%}
    {%- set preview = dbt_audiences.previewed(relation) -%}
    {%- call statement('rows') -%}{{ dbt_audiences.graph_tables(sql, rules.types, true) }}{%- endcall -%}
    {%- set places = dbt_audiences.graph_places(rules.types) -%}
    {%- do dbt_audiences.graph_without_shared(places, rules.limits, true) -%}
    {%- do dbt_audiences.graph_components(places) -%}
    {%- do dbt_audiences.limited_components(rules.types, rules.limits, places) -%}
    {%- call statement('main') -%}
        {{ dbt_audiences.graph_parts(places) }}
        {{ dbt_audiences.graph_profiles(relation, relation, false) }}
        drop table if exists {{ preview }};
        create table {{ preview }} as
        {{ dbt_audiences.identifiers_found(true) }};
        {{ dbt_audiences.drop_graph(true) }}
    {%- endcall -%}
    {{ adapter.commit() }}
{%- endmacro %}
