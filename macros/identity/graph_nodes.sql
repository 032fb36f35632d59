{#-
  The graph of identifiers. The first identifier of a row that may tie others together is its hub: calls that have the same hub are of
  one profile whatever else they name, so that only an identifier with several hubs makes an edge, and few do.

  graph_named  a view of graph_rows: first_seen_at, call_count, the identifier at each place (value_2, ...), first_no and first_value:
               type and value of the hub
  graph_hubs   hub (its number), type_no, value, first_seen_at, row_count
  graph_nodes  each identifier once: node (its number, which is no hub's), type_no, value, first_seen_at, row_count, hub and last_hub
               (the least and the greatest of its hubs, null where it ties nobody together)

  places  as `graph_places` gives them
  shared  the numbers of types of which graph_shared has values: these are no hubs
-#}
{% macro graph_nodes(places, shared=[]) -%}
        {{ dbt_audiences._graph_named(places, shared) }}
        create temporary table graph_hubs as
        select cast(nextval('graph_numbers') as integer) as hub, firsts.*
        from (
            select first_no as type_no, first_value as value, min(first_seen_at) as first_seen_at, count(*) as row_count
            from graph_named
            where first_value is not null
            group by first_no, first_value
        ) as firsts;
        create temporary table graph_nodes as
        select cast(nextval('graph_numbers') as integer) as node, named.*
        from (
    {%- for type_no, values in dbt_audiences._values_by_type(places) %}
            {{ 'union all' if not loop.first }}
        {%- if loop.first and values | length == 1 and not shared %}
            select type_no, value, first_seen_at, row_count, hub, hub as last_hub from graph_hubs where type_no = {{ type_no }}
        {%- else %}
            select
                {{ type_no }} as type_no, n.value, min(n.first_seen_at) as first_seen_at, count(*) as row_count,
                min(h.hub) as hub, max(h.hub) as last_hub
            from ({{ dbt_audiences._named_values(values) }}) as n
            left join graph_hubs as h on h.type_no = n.first_no and h.value = n.first_value
            group by n.value
        {%- endif %}
    {%- endfor %}
        ) as named;
    {%- if shared %}
        update graph_nodes set hub = null, last_hub = null
        from graph_shared as s where s.type_no = graph_nodes.type_no and s.value = graph_nodes.value;
    {%- endif %}
{%- endmacro %}


{% macro _graph_named(places, shared) -%}
    {%- set firsts = [] -%}
    {%- for place in places -%}
        {%- set among = ' not in (select value from graph_shared where type_no = ' ~ place.type_no ~ ')' -%}
        {%- do firsts.append(
            'case when value_' ~ place.place ~ among ~ ' then value_' ~ place.place ~ ' end' if place.type_no in shared
            else 'value_' ~ place.place
        ) -%}
    {%- endfor %}
        create temporary view graph_named as
        select
            placed.*,
            coalesce({{ firsts | join(', ') }}) as first_value,
            case
    {%- for place in places %}
                when {{ firsts[loop.index0] }} is not null then {{ place.type_no }}
    {%- endfor %}
            end as first_no
        from (
            select first_seen_at, call_count
    {%- for place in places -%}, {{ place.value }} as value_{{ place.place }}{%- endfor %} from graph_rows
        ) as placed;
{%- endmacro %}


{#- Pairs: the number of a type, and the columns of graph_named that have its identifiers. -#}
{% macro _values_by_type(places) -%}
    {%- set found = {} -%}
    {%- for place in places -%}
        {%- do found.setdefault(place.type_no, []).append('value_' ~ place.place) -%}
    {%- endfor -%}
    {{ return(found.items() | list) }}
{%- endmacro %}


{#- Each identifier of these columns as `value`, with the time and the hub of its row. -#}
{% macro _named_values(columns) -%}
    {%- set found = [] -%}
    {%- for column in columns -%}
        {%- do found.append(
            'select ' ~ column ~ ' as value, first_seen_at, first_no, first_value from graph_named where ' ~ column ~ ' is not null'
        ) -%}
    {%- endfor -%}
    {{ return(found | join(' union all ')) }}
{%- endmacro %}
