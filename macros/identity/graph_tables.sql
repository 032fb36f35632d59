{#-
  What the graph is made from, as temporary tables or views:

  graph_types    type_no, type, value_limit, period: those of `identifier_types`, numbered in their order
  graph_rows     the model's query: a row for each call, or for each identifier of a SQL trait, with the columns of the types,
                 `previous_id`, first_seen_at and call_count. Where all calls are looked at it is a view
  graph_numbers  a sequence, for hubs and nodes
-#}
{% macro graph_tables(sql, types, is_full) -%}
        create temporary sequence graph_numbers;
        create temporary table graph_types as
    {%- for type in types %}
        {{ 'union all ' if not loop.first }}select
            {{ loop.index }} as type_no, '{{ type.name }}' as type, {{ (type.limit or {}).get('count') or 'null' }} as value_limit,
            {{ "'" ~ type.limit.period ~ "'" if (type.limit or {}).get('period') else 'null' }} as period
    {%- endfor %};
        create temporary {{ 'view' if is_full else 'table' }} graph_rows as {{ sql }};
{%- endmacro %}


{#-
  The places of a row of graph_rows that have identifiers at all, in their order: the first one that a row has goes before its
  others. Columns that are empty throughout cost nothing from here on.

  shape  a list of mappings: `place`, `type_no`, `value` (SQL of the identifier)
-#}
{% macro graph_places(types) -%}
    {%- set places = [] -%}
    {%- for type in types -%}
        {%- do places.append({'place': 2 * loop.index, 'type_no': loop.index, 'value': type.column}) -%}
        {%- if type.name == 'anonymous_id' -%}
            {%- set previous = 'case when previous_id is distinct from anonymous_id then previous_id end' -%}
            {%- do places.append({'place': 2 * loop.index + 1, 'type_no': loop.index, 'value': previous}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set filled = dbt_audiences.have_values(places | map(attribute='value') | list, 'graph_rows') -%}
    {%- set found = [] -%}
    {%- for place in places -%}
        {%- if filled[loop.index0] -%}{%- do found.append(place) -%}{%- endif -%}
    {%- endfor -%}
    {{ return(found or places[:1]) }}
{%- endmacro %}


{% macro drop_graph(is_full) -%}
    {%- set tables = [
        'apart', 'calls', 'claims', 'components', 'dropped', 'edges', 'hubs', 'known', 'labels', 'limited', 'merged', 'nodes', 'parts',
        'places', 'profiles', 'queue', 'reasons', 'sets', 'shared', 'state', 'tied', 'types',
    ] -%}
        drop view graph_assigned;
        drop view graph_connected;
        drop view graph_named;
    {%- for name in tables %}
        drop table graph_{{ name }};
    {%- endfor %}
        drop {{ 'view' if is_full else 'table' }} graph_rows;
        drop sequence graph_numbers;
    {{ dbt_audiences.drop_scope() if not is_full }}
{%- endmacro %}
