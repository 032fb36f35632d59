{#-
  graph_reasons (call_no, node, reason, exceeded): for each identifier that was left out of a call, and that no other call made part of
  the call's profile, what that would have too much of with it and with what goes before it in the call, as all profiles are in the end.
-#}
{% macro limit_reasons(limits) %}
        create temporary table graph_prefixes as
        select
            d.call_no,
            d.node,
            c.called_at,
            coalesce(s.profile, s.node) as part,
            max(case when coalesce(s.profile, s.known_no) is not null or s.known_at is not null then s.merges + 1 else 0 end) as merges
        from graph_dropped as d
        inner join graph_calls as c on c.call_no = d.call_no
        inner join graph_state as own on own.node = d.node
        inner join graph_state as firsts on firsts.node = c.first_node
        inner join graph_places as o on o.set_no = c.set_no and o.node = d.node
        inner join graph_places as p on p.set_no = c.set_no and p.place <= o.place
        inner join graph_state as s on s.node = p.node
        where coalesce(own.profile, own.node) <> coalesce(firsts.profile, firsts.node)
        group by d.call_no, d.node, c.called_at, coalesce(s.profile, s.node);
        create temporary table graph_reasons as
        select call_no, node, reason, exceeded
        from (
            select found.*, row_number() over (partition by call_no, node order by severity, exceeded) as choice
            from (
                select
                    p.call_no, p.node, 1 as severity, m.type_no as exceeded,
                    case when t.period is null then 'value_limit' else 'value_time_limit' end as reason
                from graph_prefixes as p
                inner join graph_state as m on coalesce(m.profile, m.node) = p.part
                inner join graph_types as t on t.type_no = m.type_no
                where {{ dbt_audiences._is_counted('p.called_at') }}
                group by p.call_no, p.node, m.type_no, t.period, t.value_limit
                having count(*) > t.value_limit
    {%- if limits.merges is not none %}
                union all
                select call_no, node, 2, null, 'merge_limit'
                from graph_prefixes
                group by call_no, node
                having sum(merges) - 1 > {{ limits.merges }}
    {%- endif %}
    {%- if limits.identifiers is not none %}
                union all
                select p.call_no, p.node, 3, null, 'identifier_limit'
                from graph_prefixes as p
                inner join graph_state as m on coalesce(m.profile, m.node) = p.part
                group by p.call_no, p.node
                having count(*) > {{ limits.identifiers }}
    {%- endif %}
            ) as found
        ) as numbered
        where choice = 1;
        drop table graph_prefixes;
{% endmacro %}
