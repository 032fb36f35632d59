{#-
  Makes the graph, and graph_shared (type_no, value, others): identifiers that rows name with more than `shared_by` others, which would
  make one profile of a crowd. They tie nothing together: where there are any, the graph is made without them. Where not all calls are
  looked at, those that were found before stay out (they have no number of others), and were first seen when they were.
-#}
{% macro graph_without_shared(places, limits, is_full) -%}
    {%- call statement('shared') -%}
        create temporary table graph_shared (type_no integer, value text, others bigint);
        {{ dbt_audiences._shared_before() if limits.shared_by is not none and not is_full }}
    {%- endcall -%}
    {%- set before = dbt_audiences._shared_types() -%}
    {%- call statement('graph') -%}{{ dbt_audiences.graph_nodes(places, before) }}{%- endcall -%}
    {%- if limits.shared_by is not none -%}
        {%- set most = (limits.shared_by // ([places | length - 1, 1] | max)) -%}
        {%- set candidates = 'from graph_nodes where hub is not null and row_count > ' ~ most -%}
        {%- if run_query('select 1 ' ~ candidates ~ ' limit 1').rows | length > 0 -%}
            {%- call statement('crowds') -%}{{ dbt_audiences._count_others(places, candidates, limits) }}{%- endcall -%}
            {%- if run_query('select 1 from graph_shared where others is not null limit 1').rows | length > 0 -%}
                {%- call statement('graph') -%}
                    drop table graph_nodes;
                    drop table graph_hubs;
                    drop view graph_named;
                    {{ dbt_audiences.graph_nodes(places, dbt_audiences._shared_types()) }}
                {%- endcall -%}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
    {%- if before -%}
        {%- call statement('before') %}
        update graph_nodes set first_seen_at = k.first_seen_at
        from ({{ dbt_audiences.known_shared() }}) as k
        inner join graph_types as t on t.type = k.type
        where t.type_no = graph_nodes.type_no and k.value = graph_nodes.value and k.first_seen_at < graph_nodes.first_seen_at
        {%- endcall -%}
    {%- endif -%}
{%- endmacro %}


{% macro _shared_before() %}
        insert into graph_shared (type_no, value, others)
        select t.type_no, k.value, null
        from ({{ dbt_audiences.known_shared() }}) as k
        inner join graph_types as t on t.type = k.type;
{%- endmacro %}


{% macro _shared_types() -%}
    {{ return(run_query('select distinct type_no from graph_shared').columns[0].values() | map('int') | list) }}
{%- endmacro %}


{#- Adds the shared ones of those that so many rows name that they may be. -#}
{% macro _count_others(places, candidates, limits) %}
        create temporary table graph_candidates as select type_no, value {{ candidates }};
        create temporary table graph_beside as
        select cast(row_number() over () as integer) as set_no, named.*
        from (
            select distinct {% for place in places %}value_{{ place.place }}{{ ', ' if not loop.last }}{% endfor %}
            from graph_named
            where
    {%- for place in places %}
                {{ 'or ' if not loop.first }}value_{{ place.place }} in (select value from graph_candidates where type_no = {{ place.type_no }})
    {%- endfor %}
        ) as named;
        create temporary table graph_said as
    {%- for place in places %}
        {{ 'union all ' if not loop.first }}select set_no, {{ place.type_no }} as type_no, value_{{ place.place }} as value
        from graph_beside where value_{{ place.place }} is not null
    {%- endfor %};
        insert into graph_shared (type_no, value, others)
        select type_no, value, count(*) as others
        from (
            select distinct c.type_no, c.value, o.type_no as other_no, o.value as other
            from graph_candidates as c
            inner join graph_said as m on m.type_no = c.type_no and m.value = c.value
            inner join graph_said as o on o.set_no = m.set_no and (o.type_no <> m.type_no or o.value <> m.value)
        ) as pairs
        group by type_no, value
        having count(*) > {{ limits.shared_by }};
        drop table graph_candidates;
        drop table graph_beside;
        drop table graph_said;
{% endmacro %}


{#- SQL of the identifiers (type, value, first_seen_at) that were found to be shared by too many. -#}
{% macro known_shared() -%}
    {{ return(
        "select type, value, first_seen_at from " ~ dbt_audiences.state_relation('identity_violations') ~ " where reason = 'shared'"
    ) }}
{%- endmacro %}
