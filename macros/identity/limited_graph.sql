{#-
  What is connected and has too much for one profile, and the calls that name it:

  graph_limited  component
  graph_tied     node (numbered from the first seen), number (of the same in graph_nodes), type_no, value, first_seen_at, first_node (of
                 the component)
  graph_sets     set_no, value_<place>, first_seen_at, call_count: each combination of identifiers that calls name
  graph_places   set_no, place, node: which identifiers a set has; the least place goes before the others
-#}
{% macro limited_graph(types, limits, places) %}
        create temporary table graph_limited as
        select component
        from graph_components
        where
            false
    {%- for type_no, values in dbt_audiences._values_by_type(places) if types[type_no - 1].limit %}
            or count_{{ type_no }} > {{ types[type_no - 1].limit.count }}
    {%- endfor %}
            {{ 'or node_count > ' ~ (limits.merges + 1) if limits.merges is not none }}
            {{ 'or node_count > ' ~ limits.identifiers if limits.identifiers is not none }};
        create temporary table graph_tied as
        select numbered.*, min(node) over (partition by component) as first_node
        from (
            select
                cast(row_number() over (
                    order by n.first_seen_at, n.type_no, {{ dbt_audiences.by_code_point('n.value') }}
                ) as integer) as node,
                n.node as number, n.type_no, n.value, n.first_seen_at, n.component
            from graph_limited as g
            inner join graph_connected as n on n.component = g.component
        ) as numbered;
        create temporary table graph_sets as
        select cast(row_number() over () as integer) as set_no, named.*
        from (
            select
    {%- for place in places %}
                c.value_{{ place.place }},
    {%- endfor %}
                min(c.first_seen_at) as first_seen_at, sum(c.call_count) as call_count
            from (
                select h.type_no, h.value
                from graph_hubs as h
                left join graph_labels as l on l.node = h.hub
                where coalesce(l.label, h.hub) in (select component from graph_limited)
            ) as h
            inner join graph_named as c on c.first_no = h.type_no and c.first_value = h.value
            group by {% for place in places %}c.value_{{ place.place }}{{ ', ' if not loop.last }}{% endfor %}
            {{- ', c.first_seen_at' if dbt_audiences._each_instant_counts(types) }}
        ) as named;
        create temporary table graph_places as
    {%- for place in places %}
        {{ 'union all ' if not loop.first }}select s.set_no, {{ place.place }} as place, t.node
        from graph_sets as s inner join graph_tied as t on t.type_no = {{ place.type_no }} and t.value = s.value_{{ place.place }}
    {%- endfor %};
{% endmacro %}


{#- Where limits are of a week, a month or a year, what is too much at one instant may be tied at a later one: then each is one. -#}
{% macro _each_instant_counts(types) -%}
    {{ return(types | map(attribute='limit') | select | selectattr('period') | list | length > 0) }}
{%- endmacro %}
