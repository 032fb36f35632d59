{#-
  Writes what differs into the table of identifiers. Whose profile has changed is logged; the first time it is everybody's. What is
  shared by too many is named by calls that are looked at, too, and stays as it is where nothing new names it.

  before  SQL of its rows of all that is looked at
-#}
{% macro replace_identifiers(before, identifiers, is_full, is_first) -%}
    {%- set fresh = dbt_audiences.identifiers_found(is_full) -%}
    {%- if is_first %}
        {{ dbt_audiences.log_changes('profile_identifiers', [{'of': 'users', 'query': 'select cast(null as text)'}]) }}
        insert into {{ identifiers }} (profile_id, type, value, first_seen_at)
        {{ fresh }};
        insert into {{ dbt_audiences.state_relation('moved_identifiers') }} (type, value, profile_id) values (null, null, null);
    {%- else %}
        create temporary table graph_fresh as
        {{ fresh }};
        create temporary table graph_added as {{ dbt_audiences._rows_without_equal('graph_fresh', before) }};
        create temporary table graph_gone as {{ dbt_audiences._rows_without_equal(before, 'graph_fresh') }};
        create temporary table graph_changed as
        select profile_id from graph_added
        union all
        select profile_id from graph_gone
        union all
        select from_profile_id from graph_merged
        union all
        select to_profile_id from graph_merged;
        {{ dbt_audiences.log_changes('profile_identifiers', [{'of': 'users', 'query': 'select profile_id from graph_changed'}]) }}
        insert into {{ dbt_audiences.state_relation('moved_identifiers') }} (type, value, profile_id)
        select type, value, profile_id from graph_added
        union
        select type, value, profile_id from graph_gone;
        delete from {{ identifiers }}
        where (profile_id, type, value, first_seen_at) in (select profile_id, type, value, first_seen_at from graph_gone);
        insert into {{ identifiers }} (profile_id, type, value, first_seen_at)
        select profile_id, type, value, first_seen_at from graph_added;
        {%- for name in ['fresh', 'added', 'gone', 'changed'] %}
        drop table graph_{{ name }};
        {%- endfor %}
    {%- endif %}
{%- endmacro %}


{#- SQL of the identifiers with the profiles that were found for them, of all or of those in graph_scope: the table's columns. -#}
{% macro identifiers_found(is_full) %}
        select p.profile_id, t.type, n.value, n.first_seen_at
        from graph_assigned as n
        inner join graph_types as t on t.type_no = n.type_no
        inner join graph_profiles as p on p.part = n.part
        {{ 'where ' ~ dbt_audiences.is_among('t.type', 'n.value', 'graph_scope') if not is_full }}
{%- endmacro %}


{% macro _rows_without_equal(rows, others) %}
        select r.profile_id, r.type, r.value, r.first_seen_at
        from {{ rows }} as r
        where not exists (
            select 1 from {{ others }} as o
            where o.type = r.type and o.value = r.value and o.profile_id = r.profile_id and o.first_seen_at = r.first_seen_at
        )
{%- endmacro %}
