{#-
  Statements that make graph_scope (type, value, is_shared): what new calls and SQL traits name, and all that was connected with it; and
  graph_before: the rows of the table of identifiers of all profiles that have any of it.
-#}
{% macro graph_scope(types, loaded_at) -%}
    {%- set calls = dbt_audiences.state_relation('stg_calls') -%}
    {%- set identifiers = dbt_audiences.state_relation('profile_identifiers') -%}
    {%- set components = dbt_audiences.state_relation('identifier_components') -%}
        create temporary table graph_touched as
    {%- for type in types %}
        select '{{ type.name }}' as type, {{ type.column }} as value
        from {{ calls }} where {{ type.column }} is not null and loaded_at > {{ loaded_at }}
        union
    {%- endfor %}
        select 'anonymous_id', previous_id from {{ calls }} where previous_id is not null and loaded_at > {{ loaded_at }}
        union
        select s.type, s.value
        from {{ dbt_audiences.state_relation('sql_trait_identifiers') }} as s
        left join {{ identifiers }} as k on k.type = s.type and k.value = s.value
        where s.type <> 'group_id' and (k.value is null or s.first_seen_at < k.first_seen_at);
        create temporary table graph_reached as
        select type, value from graph_touched
        union
        select k.type, k.value
        from {{ components }} as k
        where k.component in (
            select o.component
            from {{ components }} as o
            inner join graph_touched as t on t.type = o.type and t.value = o.value
        );
        create temporary table graph_before as
        select profile_id, type, value, first_seen_at
        from {{ identifiers }}
        where profile_id in (
            select profile_id
            from {{ identifiers }}
            where {{ dbt_audiences.is_among('type', 'value', 'graph_reached') }}
        );
        create temporary table graph_scope as
        select reached.type, reached.value, shared.value is not null as is_shared
        from (
            select type, value from graph_reached
            union
            select type, value from graph_before
        ) as reached
        left join ({{ dbt_audiences.known_shared() }}) as shared on shared.type = reached.type and shared.value = reached.value;
        drop table graph_touched;
        drop table graph_reached;
{%- endmacro %}


{% macro drop_scope() -%}
        drop table graph_scope;
        drop table graph_before;
{%- endmacro %}


{#- Whether an identifier is among others. One column alone is looked up much faster than two, so that goes first. -#}
{% macro is_among(type, value, others) -%}
    {{ return(
        '(' ~ value ~ ' in (select value from ' ~ others ~ ') and (' ~ type ~ ', ' ~ value ~ ') in (select type, value from ' ~ others ~ '))'
    ) }}
{%- endmacro %}
