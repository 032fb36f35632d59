{#-
  The graph as temporary tables: graph_nodes (node, type, value, first_seen_at; numbered from the first seen), graph_edges (a, b) and
  graph_labels (node, label; each node its own at first).
-#}
{% macro graph_tables(links) -%}
        create temporary table graph_links as {{ links }};
        create temporary table graph_nodes as
        select
            type,
            value,
            min(first_seen_at) as first_seen_at,
            row_number() over (
                order by min(first_seen_at), {{ dbt_audiences.by_code_point('type') }}, {{ dbt_audiences.by_code_point('value') }}
            ) as node
        from (
            select identifier_type as type, identifier_value as value, first_seen_at from graph_links
            union all
            select linked_type, linked_value, first_seen_at from graph_links
        ) as named
        group by type, value;
        create temporary table graph_edges as
        select distinct a.node as a, b.node as b
        from graph_links as l
        inner join graph_nodes as a on a.type = l.identifier_type and a.value = l.identifier_value
        inner join graph_nodes as b on b.type = l.linked_type and b.value = l.linked_value
        where a.node <> b.node;
        create temporary table graph_labels as select node, node as label from graph_nodes;
        drop table graph_links;
{%- endmacro %}
