{#-
  Takes apart what the limits do not allow to be one profile. Where no type has more values than its limit and nothing else can be
  too much, whatever is connected is one profile, in any order. All others, those of `limited_graph`, are resolved call by call in
  the order of time, as each call would have found them:

  graph_state   node, profile (the least node of the profile it is in; none yet), merges (of the profile), known_at (the first call that
                names nothing else), known_no (the first of which nothing else is left), type_no, first_seen_at
  graph_calls   call_no (in the order of time), set_no, called_at, call_count, first_node: combinations of two or more
  graph_queue   call_no, called_at, place, node: what is still to be tied
  graph_dropped call_no, node: what the limits left out
-#}
{% macro limited_components(types, limits, places) -%}
    {%- call statement('limited') -%}
        {{ dbt_audiences.limited_graph(types, limits, places) }}
        {{ dbt_audiences._limited_tables(types, places) }}
    {%- endcall -%}
    {%- set waiting = namespace(count=dbt_audiences._rows_waiting()) -%}
    {%- set one_round = dbt_audiences.limited_round(limits) if waiting.count > 0 -%}
    {%- for turn in range(2000) if waiting.count > 0 -%}
        {%- call statement('rounds') -%}{{ one_round * 2 ** ([turn + 1, 6] | min) }}{%- endcall -%}
        {%- set waiting.count = dbt_audiences._rows_waiting() -%}
    {%- endfor -%}
    {%- if waiting.count > 0 -%}
        {{ exceptions.raise_compiler_error('the limits of identity.yml did not settle; please report this with the size of stg_calls') }}
    {%- endif -%}
    {%- call statement('apart') %}{{ dbt_audiences.limit_reasons(limits) }}{%- endcall -%}
{%- endmacro %}


{% macro _rows_waiting() -%}
    {{ return(run_query('select count(*) as n from graph_queue').rows[0][0] | int) }}
{%- endmacro %}


{% macro _limited_tables(types, places) %}
        create temporary table graph_named_together as
        select
            p.set_no,
            array_agg(p.node order by p.place) as nodes,
            min(s.first_seen_at) as called_at,
            max(s.call_count) as call_count,
            count(*) as node_count
        from graph_places as p
        inner join graph_sets as s on s.set_no = p.set_no
        group by p.set_no;
        create temporary table graph_state as
        select
            n.node, cast(null as integer) as profile, cast(0 as bigint) as merges, k.known_at,
            cast(null as integer) as known_no, n.type_no, n.first_seen_at
        from graph_tied as n
        left join (
            select nodes[1] as node, min(called_at) as known_at from graph_named_together where node_count = 1 group by nodes[1]
        ) as k on k.node = n.node;
        create temporary table graph_calls as
        select
            cast(row_number() over (order by min(called_at), nodes) as integer) as call_no,
            min(set_no) as set_no,
            min(called_at) as called_at,
            sum(call_count) as call_count,
            nodes[1] as first_node
        from graph_named_together
        where node_count > 1
        group by nodes{{ ', called_at' if dbt_audiences._each_instant_counts(types) }};
        create temporary table graph_queue as
        select c.call_no, c.called_at, p.place, p.node
        from graph_calls as c
        inner join graph_places as p on p.set_no = c.set_no;
        create temporary table graph_dropped (call_no integer, node integer);
        drop table graph_named_together;
{% endmacro %}
