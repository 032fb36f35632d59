{#-
  Gives every node of graph_labels the smallest node that it is connected with. In each round every node with a smaller neighbour
  hooks onto the smallest, chains of hooks are halved until flat, and the graph is contracted to what is left: at most half of the
  nodes that still have an edge remain, so the rounds grow with the logarithm of the graph.
-#}
{% macro connect_graph() -%}
    {%- set state = namespace(edges=1, chained=1) -%}
    {%- for round in range(64) if state.edges > 0 -%}
        {%- set state.edges = run_query('select count(*) as n from graph_edges').rows[0][0] | int -%}
        {%- if state.edges > 0 -%}
            {%- do dbt_audiences._run_each([
                'create temporary table graph_hooks as select node, min(parent) as parent from ('
                ~ 'select a as node, b as parent from graph_edges where b < a union all '
                ~ 'select b as node, a as parent from graph_edges where a < b) as smaller group by node',
            ]) -%}
            {%- set state.chained = 1 -%}
            {%- for jump in range(64) if state.chained > 0 -%}
                {%- set state.chained = run_query(
                    'select count(*) as n from graph_hooks as h inner join graph_hooks as p on p.node = h.parent'
                ).rows[0][0] | int -%}
                {%- if state.chained > 0 -%}
                    {%- do dbt_audiences._replace_temporary('graph_hooks',
                        'select h.node, coalesce(p.parent, h.parent) as parent from graph_hooks as h '
                        ~ 'left join graph_hooks as p on p.node = h.parent') -%}
                {%- endif -%}
            {%- endfor -%}
            {%- do dbt_audiences._replace_temporary('graph_labels',
                'select l.node, coalesce(h.parent, l.label) as label from graph_labels as l '
                ~ 'left join graph_hooks as h on h.node = l.label') -%}
            {%- do dbt_audiences._replace_temporary('graph_edges',
                'select distinct a, b from (select coalesce(ha.parent, e.a) as a, coalesce(hb.parent, e.b) as b '
                ~ 'from graph_edges as e left join graph_hooks as ha on ha.node = e.a '
                ~ 'left join graph_hooks as hb on hb.node = e.b) as contracted where a <> b') -%}
            {%- do dbt_audiences._run_each(['drop table graph_hooks']) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if state.edges > 0 -%}
        {{ exceptions.raise_compiler_error('the identity graph did not settle; please report this with the size of stg_calls') }}
    {%- endif -%}
{%- endmacro %}


{% macro _run_each(statements) -%}
    {%- for sql in statements -%}
        {%- call statement('graph_step') -%}{{ sql }}{%- endcall -%}
    {%- endfor -%}
{%- endmacro %}


{% macro _replace_temporary(name, query) -%}
    {%- do dbt_audiences._run_each([
        'create temporary table ' ~ name ~ '_next as ' ~ query,
        'drop table ' ~ name,
        'alter table ' ~ name ~ '_next rename to ' ~ name,
    ]) -%}
{%- endmacro %}
