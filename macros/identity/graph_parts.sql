{#-
  The identifiers that are of one profile in the end: a component, or what the limits left of one. What is shared by too many is one of
  its own.

  graph_apart   node, part: of what is no whole component; the part is none where an identifier is of no profile
  graph_parts   part, first_seen_at, type_no, value: its first identifier
  graph_assigned  a view of graph_nodes with the part
-#}
{% macro graph_parts(places) -%}
    {%- set type_nos = dbt_audiences._values_by_type(places) | map('first') | list -%}
    {%- set seen = [] -%}
    {%- for type_no in type_nos -%}{%- do seen.append('c.seen_' ~ type_no) -%}{%- endfor %}
        create temporary table graph_apart as
        select t.number as node, p.number as part
        from graph_tied as t
        inner join graph_state as s on s.node = t.node
        left join graph_tied as p
            on p.node = coalesce(s.profile, case when s.known_at is not null or s.known_no is not null then s.node end)
        union all
        select node, node from graph_nodes where hub is null;
        create temporary view graph_assigned as
        select
            c.node, c.type_no, c.value, c.first_seen_at,
            case when a.node is null then c.component else a.part end as part
        from graph_connected as c
        left join graph_apart as a on a.node = c.node;
        create temporary table graph_parts (part integer, first_seen_at timestamp, type_no integer, value text);
        insert into graph_parts (part, first_seen_at, type_no, value)
        select n.component as part, n.first_seen_at, n.type_no, min({{ dbt_audiences.by_code_point('n.value') }}) as value
        from (
            select
                component,
                case {% for type_no in type_nos %}when seen_{{ type_no }} = first_seen_at then {{ type_no }} {% endfor %}end as type_no,
                first_seen_at
            from (
                select c.*, {{ dbt_audiences.earliest(seen) }} as first_seen_at from graph_components as c
                where c.component not in (select component from graph_limited)
            ) as whole
        ) as firsts
        inner join graph_connected as n
            on n.component = firsts.component and n.type_no = firsts.type_no and n.first_seen_at = firsts.first_seen_at
        group by n.component, n.first_seen_at, n.type_no
        union all
        select node, first_seen_at, type_no, value from graph_nodes where node in (select part from graph_apart);
{%- endmacro %}
