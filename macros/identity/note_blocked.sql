{#-
  Statements that write down which blocked values calls named, and in how many calls: of all calls, or of new ones, which count in
  addition. Nothing where nothing is blocked. Blocked values are of no profile.
-#}
{% macro note_blocked(types, is_full) -%}
    {%- set violations = dbt_audiences.state_relation('identity_violations') -%}
    {%- set filter = '' if is_full else 'and loaded_at > (select loaded_at from ' ~ dbt_audiences.state_relation('identity_seen') ~ ')' -%}
    {%- if types | selectattr('is_blocked') | list %}
        create temporary table graph_blocked as
        select type, value, min(occurred_at) as first_seen_at, count(*) as call_count
        from ({{ dbt_audiences.blocked_calls(types, filter) }}) as named
        group by type, value;
        update {{ violations }} as k set
            first_seen_at = least(k.first_seen_at, b.first_seen_at),
            call_count = k.call_count + b.call_count
        from graph_blocked as b
        where k.reason = 'blocked' and k.type = b.type and k.value = b.value;
        insert into {{ violations }} (
            type, value, reason, exceeded_type, profile_id, first_seen_at, call_count, shared_by
        )
        select b.type, b.value, 'blocked', null, null, b.first_seen_at, b.call_count, null
        from graph_blocked as b
        where not exists (
            select 1 from {{ violations }} as k where k.reason = 'blocked' and k.type = b.type and k.value = b.value
        );
        drop table graph_blocked;
    {%- endif %}
{%- endmacro %}


{#- SQL of the blocked values (type, value, occurred_at) of each call that names any. -#}
{% macro blocked_calls(types, filter) -%}
    {%- set calls = dbt_audiences.state_relation('stg_calls') -%}
    {%- set found = [] -%}
    {%- for type in types if type.is_blocked -%}
        {%- set column = 'blocked_' ~ type.column -%}
        {%- do found.append(
            "select '" ~ type.name ~ "' as type, " ~ column ~ ' as value, occurred_at from ' ~ calls
            ~ ' where ' ~ column ~ ' is not null ' ~ filter
        ) -%}
        {%- if type.name == 'anonymous_id' -%}
            {%- do found.append(
                "select 'anonymous_id', blocked_previous_id, occurred_at from " ~ calls ~ ' where blocked_previous_id is not null '
                ~ 'and (blocked_anonymous_id is null or blocked_anonymous_id <> blocked_previous_id) ' ~ filter
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found | join(' union all ')) }}
{%- endmacro %}
