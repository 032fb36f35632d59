{#-
  Writes down what the limits left out and who is shared by too many, and which identifiers a component that they took apart has, so
  that a run that touches one of them looks at all of them.
-#}
{% macro note_violations(is_full) -%}
    {%- set violations = dbt_audiences.state_relation('identity_violations') -%}
    {%- set components = dbt_audiences.state_relation('identifier_components') -%}
    {%- set in_scope = '' if is_full else ' and (k.type, k.value) in (select type, value from graph_scope)' %}
        delete from {{ violations }} as k where true{{ in_scope }}{{ " and reason not in ('shared', 'blocked')" if not is_full }};
        insert into {{ violations }} (
            type, value, reason, exceeded_type, profile_id, first_seen_at, call_count, shared_by
        )
        select t.type, n.value, d.reason, e.type, p.profile_id, min(c.called_at), sum(c.call_count), null
        from graph_reasons as d
        inner join graph_calls as c on c.call_no = d.call_no
        inner join graph_tied as n on n.node = d.node
        inner join graph_types as t on t.type_no = n.type_no
        inner join graph_tied as f on f.node = c.first_node
        inner join graph_apart as a on a.node = f.number
        inner join graph_profiles as p on p.part = a.part
        left join graph_types as e on e.type_no = d.exceeded
        group by t.type, n.value, d.reason, e.type, p.profile_id
        union all
        select t.type, n.value, 'shared', null, p.profile_id, n.first_seen_at, null, s.others
        from graph_shared as s
        inner join graph_types as t on t.type_no = s.type_no
        inner join graph_nodes as n on n.type_no = s.type_no and n.value = s.value
        inner join graph_profiles as p on p.part = n.node
        where s.others is not null;
        delete from {{ components }} as k where true{{ in_scope }};
        insert into {{ components }} (type, value, component)
        select t.type, n.value, first_types.type || ':' || firsts.value
        from graph_tied as n
        inner join graph_types as t on t.type_no = n.type_no
        inner join graph_tied as firsts on firsts.node = n.first_node
        inner join graph_types as first_types on first_types.type_no = firsts.type_no;
{%- endmacro %}
