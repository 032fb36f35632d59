{#- The relation of one of this package's models, found in the graph: what writes state must not depend on it by `ref`. -#}
{% macro state_relation(name) -%}
    {%- set node = graph.nodes['model.dbt_audiences.' ~ name] -%}
    {{ return(api.Relation.create(
        database=node.database, schema=node.schema, identifier=node.alias, type='table'
    )) }}
{%- endmacro %}
