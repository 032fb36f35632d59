{#-
  What is connected, before any limit:

  graph_labels      node, label: of the hubs that an identifier ties to another, the least of those that are connected
  graph_components  component (the label of its hubs, or its only hub), node_count, and of each type count_<type_no> and seen_<type_no>
                    (when the first was seen)
  graph_connected      a view of graph_nodes with the component
-#}
{% macro graph_components(places) -%}
    {%- set types = dbt_audiences._values_by_type(places) -%}
    {%- call statement('edges') %}
        create temporary table graph_several as
        select type_no, value, hub from graph_nodes where hub <> last_hub;
        create temporary table graph_edges as
    {%- for type_no, values in types %}
        {{ 'union all' if not loop.first }}
        select distinct s.hub as a, h.hub as b
        from graph_several as s
        inner join ({{ dbt_audiences._named_values(values) }}) as n on n.value = s.value
        inner join graph_hubs as h on h.type_no = n.first_no and h.value = n.first_value and h.hub <> s.hub
        where s.type_no = {{ type_no }}
    {%- endfor %};
        drop table graph_several;
        create temporary table graph_labels as
        select a as node, a as label from graph_edges union select b, b from graph_edges;
    {%- endcall -%}
    {%- do dbt_audiences.connect_graph() -%}
    {%- call statement('components') %}
        create temporary view graph_connected as
        select n.node, n.type_no, n.value, n.first_seen_at, coalesce(l.label, n.hub) as component
        from graph_nodes as n
        left join graph_labels as l on l.node = n.hub;
        create temporary table graph_components as
        select
            component, count(*) as node_count
    {%- for type_no, values in types -%}
            , count(case when type_no = {{ type_no }} then 1 end) as count_{{ type_no }},
            min(case when type_no = {{ type_no }} then first_seen_at end) as seen_{{ type_no }}
    {%- endfor %}
        from graph_connected
        where component is not null
        group by component;
    {%- endcall -%}
{%- endmacro %}
