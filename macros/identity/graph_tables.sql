{#-
  The graph as temporary tables, from a query with a row for each combination of identifiers that calls name together (the columns of
  the types, `previous_id`, first_seen_at, call_count):

  graph_types   type_no, type, value_limit, period: those of `identifier_types`, numbered in their order
  graph_sets    the rows of the query, numbered: set_no
  graph_nodes   node, type_no, value, first_seen_at: each identifier once, numbered from the first seen
  graph_places  set_no, place, node: which identifiers a set has; the least place goes before the others
-#}
{% macro graph_tables(sql, types) -%}
        create temporary table graph_types as
    {%- for type in types %}
        {{ 'union all ' if not loop.first }}select
            {{ loop.index }} as type_no, '{{ type.name }}' as type, {{ (type.limit or {}).get('count') or 'null' }} as value_limit,
            {{ "'" ~ type.limit.period ~ "'" if (type.limit or {}).get('period') else 'null' }} as period
    {%- endfor %};
        create temporary table graph_sets as
        select cast(row_number() over () as integer) as set_no, named_together.* from ({{ sql }}) as named_together;
        create temporary table graph_named as
    {%- for type in types %}
        {{ 'union all ' if not loop.first }}select set_no, {{ 2 * loop.index }} as place, {{ loop.index }} as type_no, {{ type.column }} as value, first_seen_at
        from graph_sets where {{ type.column }} is not null
        {%- if type.name == 'anonymous_id' %}
        union all select set_no, {{ 2 * loop.index + 1 }}, {{ loop.index }}, previous_id, first_seen_at
        from graph_sets where previous_id is not null and previous_id is distinct from anonymous_id
        {%- endif %}
    {%- endfor %};
        create temporary table graph_nodes as
        select
            type_no,
            value,
            min(first_seen_at) as first_seen_at,
            cast(row_number() over (
                order by min(first_seen_at), type_no, {{ dbt_audiences.by_code_point('value') }}
            ) as integer) as node
        from graph_named
        group by type_no, value;
        create temporary table graph_places as
        select n.set_no, n.place, d.node
        from graph_named as n
        inner join graph_nodes as d on d.type_no = n.type_no and d.value = n.value;
        drop table graph_named;
{%- endmacro %}


{#-
  graph_edges (a, b: two identifiers that a set ties, maybe more than once) and graph_labels (node, label; each node its own at first). Of a set the
  first seen is tied to all others.
-#}
{% macro graph_edges() -%}
        create temporary table graph_edges as
        select f.node as a, p.node as b
        from (select set_no, min(node) as node from graph_places group by set_no having count(*) > 1) as f
        inner join graph_places as p on p.set_no = f.set_no and p.node <> f.node;
        create temporary table graph_labels as select node, node as label from graph_nodes;
{%- endmacro %}


{% macro drop_graph(is_full) -%}
    {%- set names = [
        'types', 'sets', 'nodes', 'places', 'shared', 'edges', 'labels', 'limited', 'state', 'calls', 'queue', 'dropped',
        'reasons', 'component_nodes', 'known', 'claims', 'profiles', 'merged', 'fresh',
    ] -%}
    {%- for name in names %}
        drop table graph_{{ name }};
    {%- endfor %}
    {{ 'drop table graph_scope;' if not is_full }}
{%- endmacro %}
