{#-
  One round of `limited_components`, as statements. Profiles only grow, so what is too much for a call now is so at its turn: it is left
  out at once, whatever waits before. Of the rest each call that is the first for all that it names makes that one profile.
  What is a profile only after a call that waits may be part of another by then, so that it is no merge yet.
-#}
{% macro limited_round(limits) %}
        create temporary table graph_parts as
        select
            call_no, called_at, place, part,
            case
                when
                    is_profile = 1
                    or known_at <= min(called_at) over (partition by part)
                    or known_no < min(call_no) over (partition by part)
                    then merges + 1
                else 0
            end as merges
        from (
            select
                q.call_no, q.called_at, min(q.place) as place, coalesce(s.profile, s.node) as part,
                max(case when s.profile is not null then 1 else 0 end) as is_profile,
                max(s.merges) as merges, min(s.known_at) as known_at, min(s.known_no) as known_no
            from graph_queue as q
            inner join graph_state as s on s.node = q.node
            group by q.call_no, q.called_at, coalesce(s.profile, s.node)
        ) as named;
        create temporary table graph_cut as
        select call_no, min(place) as place from ({{ dbt_audiences._excesses(limits) }}) as excesses group by call_no;
        insert into graph_dropped (call_no, node)
        select q.call_no, q.node
        from graph_cut as c
        inner join graph_parts as p on p.call_no = c.call_no and p.place >= c.place
        inner join graph_queue as q on q.call_no = c.call_no
        inner join graph_state as s on s.node = q.node and coalesce(s.profile, s.node) = p.part;
        delete from graph_queue as q where exists (select 1 from graph_dropped as d where d.call_no = q.call_no and d.node = q.node);
        delete from graph_parts as p where exists (select 1 from graph_cut as c where c.call_no = p.call_no and p.place >= c.place);
        create temporary table graph_alone as
        select call_no, min(part) as part from graph_parts group by call_no having count(*) = 1;
        update graph_state set known_no = least(graph_state.known_no, a.call_no)
        from (select part, min(call_no) as call_no from graph_alone group by part) as a
        where a.part = graph_state.node and graph_state.profile is null;
        delete from graph_queue where call_no in (select call_no from graph_alone);
        create temporary table graph_ready as
        select p.call_no
        from graph_parts as p
        inner join (select part, min(call_no) as first_no from graph_parts group by part) as f on f.part = p.part
        group by p.call_no
        having min(f.first_no) = p.call_no;
        create temporary table graph_kept as
        select
            part,
            min(part) over (partition by call_no) as profile,
            sum(merges) over (partition by call_no) - 1 as merges
        from graph_parts
        where call_no in (select call_no from graph_ready) and call_no not in (select call_no from graph_alone);
        update graph_state set profile = k.profile, merges = greatest(k.merges, 0)
        from graph_kept as k where k.part = coalesce(graph_state.profile, graph_state.node);
        delete from graph_queue where call_no in (select call_no from graph_ready);
    {%- for name in ['parts', 'cut', 'alone', 'ready', 'kept'] %}
        drop table graph_{{ name }};
    {%- endfor %}
{% endmacro %}


{#- The places of each call of graph_parts at which a profile has too much of something: call_no, place. -#}
{% macro _excesses(limits) %}
            select call_no, place
            from (
                select v.call_no, v.place, t.value_limit, sum(v.value_count) over (partition by v.call_no, v.type_no order by v.place) as values_so_far
                from (
                    select p.call_no, p.place, m.type_no, count(*) as value_count
                    from graph_parts as p
                    inner join graph_state as m on coalesce(m.profile, m.node) = p.part
                    inner join graph_types as t on t.type_no = m.type_no and t.value_limit is not null
                    where {{ dbt_audiences._is_counted('p.called_at') }}
                    group by p.call_no, p.place, m.type_no
                ) as v
                inner join graph_types as t on t.type_no = v.type_no
            ) as running
            where values_so_far > value_limit
    {%- if limits.merges is not none %}
            union all
            select call_no, place
            from (select call_no, place, sum(merges) over (partition by call_no order by place) - 1 as merges from graph_parts) as merged
            where merges > {{ limits.merges }}
    {%- endif %}
    {%- if limits.identifiers is not none %}
            union all
            select call_no, place
            from (
                select p.call_no, p.place, sum(count(*)) over (partition by p.call_no order by p.place) as identifiers
                from graph_parts as p
                inner join graph_state as m on coalesce(m.profile, m.node) = p.part
                group by p.call_no, p.place
            ) as sized
            where identifiers > {{ limits.identifiers }}
    {%- endif %}
{% endmacro %}


{#- Whether the identifier `m` counts for the limit of its type `t` at an instant. -#}
{% macro _is_counted(called_at) -%}
    (t.period is null or m.first_seen_at > case t.period
        when 'week' then {{ dbt_audiences.shift(called_at, 7, 'day', '-') }}
        when 'month' then {{ dbt_audiences.shift(called_at, 1, 'month', '-') }}
        else {{ dbt_audiences.shift(called_at, 1, 'year', '-') }}
    end)
{%- endmacro %}
