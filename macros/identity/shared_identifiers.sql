{#-
  graph_shared (node, others): identifiers that calls name with more than `most` others, which would make one profile of a crowd. They
  are taken out of graph_places, so that they tie nothing together. Where not all calls are looked at, those that were found before
  stay out (they have no number of others), and were first seen when they were.
-#}
{% macro shared_identifiers(most, type_count, is_full) -%}
        create temporary table graph_shared as
    {%- if most is none %}
        select node, cast(0 as bigint) as others from graph_nodes where node is null;
    {%- else %}
        select c.node, count(distinct o.node) as others
        from graph_places as c
        inner join graph_places as o on o.set_no = c.set_no and o.node <> c.node
        where c.node in (select node from graph_places group by node having count(*) > {{ most // type_count }})
        group by c.node
        having count(distinct o.node) > {{ most }};
    {%- if not is_full %}
        create temporary table graph_shared_before as
        select n.node, k.first_seen_at
        from ({{ dbt_audiences.known_shared() }}) as k
        inner join graph_types as t on t.type = k.type
        inner join graph_nodes as n on n.type_no = t.type_no and n.value = k.value;
        delete from graph_shared where node in (select node from graph_shared_before);
        insert into graph_shared (node, others) select node, null from graph_shared_before;
        update graph_nodes set first_seen_at = least(graph_nodes.first_seen_at, b.first_seen_at)
        from graph_shared_before as b where b.node = graph_nodes.node;
        drop table graph_shared_before;
    {%- endif %}
        delete from graph_places where node in (select node from graph_shared);
    {%- endif %}
{%- endmacro %}
