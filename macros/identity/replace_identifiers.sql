{#-
  Writes what differs into the table of identifiers: of all of them, or of those in graph_scope. Whose profile has changed is logged;
  the first time it is everybody's.
-#}
{% macro replace_identifiers(identifiers, is_full, is_first) -%}
    {%- set in_scope = '' if is_full else ' and (k.type, k.value) in (select type, value from graph_scope)' %}
        create temporary table graph_fresh as
        select p.profile_id, t.type, n.value, n.first_seen_at
        from graph_nodes as n
        inner join graph_types as t on t.type_no = n.type_no
        inner join graph_labels as l on l.node = n.node
        inner join graph_profiles as p on p.label = l.label;
    {%- if is_first %}
        {{ dbt_audiences.log_changes('profile_identifiers', [{'of': 'users', 'query': 'select cast(null as text)'}]) }}
    {%- else %}
        create temporary table graph_old as
        select k.profile_id, k.type, k.value, k.first_seen_at from {{ identifiers }} as k where true{{ in_scope }};
        create temporary table graph_changed as
        select profile_id from (
            (select * from graph_fresh except all select * from graph_old)
            union all
            (select * from graph_old except all select * from graph_fresh)
        ) as differing
        union all
        select from_profile_id from graph_merged
        union all
        select to_profile_id from graph_merged;
        {{ dbt_audiences.log_changes('profile_identifiers', [{'of': 'users', 'query': 'select profile_id from graph_changed'}]) }}
        delete from {{ identifiers }} as k where not exists (
            select 1 from graph_fresh as f
            where f.type = k.type and f.value = k.value and f.profile_id = k.profile_id and f.first_seen_at = k.first_seen_at
        ){{ in_scope }};
        drop table graph_old;
        drop table graph_changed;
    {%- endif %}
        insert into {{ identifiers }} (profile_id, type, value, first_seen_at)
        select f.profile_id, f.type, f.value, f.first_seen_at
        from graph_fresh as f
    {%- if not is_first %}
        where not exists (
            select 1 from {{ identifiers }} as k where k.type = f.type and k.value = f.value
        )
    {%- endif %};
{%- endmacro %}
