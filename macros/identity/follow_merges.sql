{#-
  Moves what was kept under a merged profile to the profile that took it in: memberships (the earliest entry counts, and nobody enters
  again), the ledger and open deliveries. The history keeps its rows and gains one of each kind with the cause `merge`.
-#}
{% macro follow_merges() -%}
    {%- set members = dbt_audiences.state_relation('memberships') -%}
    {%- set changes = dbt_audiences.state_relation('membership_changes') -%}
    {%- set stamp = dbt_audiences.as_of() ~ ", '" ~ dbt_audiences.run_id() ~ "', '', 'merge'" -%}
        insert into {{ dbt_audiences.state_relation('profile_merges') }} (from_profile_id, to_profile_id, merged_at, run_id)
        select from_profile_id, to_profile_id, {{ dbt_audiences.as_of() }}, '{{ dbt_audiences.run_id() }}' from graph_merged;
        create temporary table graph_members as
        select m.audience, g.to_profile_id as profile_id, min(m.entered_at) as entered_at
        from {{ members }} as m
        inner join (
            select from_profile_id, to_profile_id from graph_merged
            union all
            select distinct to_profile_id, to_profile_id from graph_merged
        ) as g on g.from_profile_id = m.profile_id
        group by m.audience, g.to_profile_id;
        insert into {{ changes }} (audience, profile_id, change, changed_at, run_id, definition_hash, cause)
        select m.audience, m.profile_id, 'exited', {{ stamp }}
        from {{ members }} as m
        where m.profile_id in (select from_profile_id from graph_merged)
        union all
        select g.audience, g.profile_id, 'entered', {{ stamp }}
        from graph_members as g
        where not exists (select 1 from {{ members }} as m where m.audience = g.audience and m.profile_id = g.profile_id);
        delete from {{ members }} as m where m.profile_id in (
            select from_profile_id from graph_merged union all select to_profile_id from graph_merged
        );
        insert into {{ members }} (audience, profile_id, entered_at)
        select audience, profile_id, entered_at from graph_members;
        delete from {{ dbt_audiences.state_relation('evaluations') }} as e
        where e.profile_id in (select from_profile_id from graph_merged);
    {%- for name in ['acknowledged', 'deliveries'] %}
    {%- set table = dbt_audiences.state_relation(name) %}
        update {{ table }} set profile_id = (
            select g.to_profile_id from graph_merged as g where g.from_profile_id = {{ table }}.profile_id
        ) where profile_id in (select from_profile_id from graph_merged);
    {%- endfor %}
        drop table graph_members;
{%- endmacro %}
