{#- Writes what differs into the table of identifiers, and drops the graph's temporary tables. -#}
{% macro replace_identifiers(identifiers) -%}
        create temporary table graph_fresh as
        select p.profile_id, n.type, n.value, n.first_seen_at
        from graph_nodes as n
        inner join graph_labels as l on l.node = n.node
        inner join graph_profiles as p on p.label = l.label;
        create temporary table graph_changed as
        select profile_id from (
            (select * from graph_fresh except all select profile_id, type, value, first_seen_at from {{ identifiers }})
            union all
            (select profile_id, type, value, first_seen_at from {{ identifiers }} except all select * from graph_fresh)
        ) as differing
        union all
        select from_profile_id from graph_merged
        union all
        select to_profile_id from graph_merged;
        {{ dbt_audiences.log_changes('profile_identifiers', [{'of': 'users', 'query': 'select profile_id from graph_changed'}]) }}
        delete from {{ identifiers }} as k where not exists (
            select 1 from graph_fresh as f
            where f.type = k.type and f.value = k.value and f.profile_id = k.profile_id and f.first_seen_at = k.first_seen_at
        );
        insert into {{ identifiers }} (profile_id, type, value, first_seen_at)
        select f.profile_id, f.type, f.value, f.first_seen_at
        from graph_fresh as f
        where not exists (
            select 1 from {{ identifiers }} as k where k.type = f.type and k.value = f.value
        );
    {%- for table in ['changed', 'fresh', 'merged', 'profiles', 'claims', 'labels', 'edges', 'nodes'] %}
        drop table graph_{{ table }};
    {%- endfor %}
{%- endmacro %}
