{#-
  The events of a child that may differ from one above, numbered along the line of time.

  completed  the child's column of when the chain below it is complete
  keys       pairs of SQL that must be equal: of the child, of the parent
  tests      SQL over the child's events that must hold; what differs is there in all of them
  shape      all columns, and number: from 1 on for each profile and the keys
-#}
{% macro step_numbered(children, completed, keys=[], tests=[]) -%}
    {%- set sides = ['profile_id'] -%}
    {%- for key in keys -%}{%- do sides.append(key[0]) -%}{%- endfor -%}
    select
        {{ children }}.*,
        row_number() over (
            partition by {{ sides | join(', ') }}
            order by {{ ['occurred_at', completed, 'message_id'] | unique | join(', ') }}
        ) as number
    from {{ children }}
    {{- dbt_audiences._keys_present(keys, 0, tests) }}
{%- endmacro %}


{#- The same events that do not differ: `passed` is how many before each of them do. `sides` are SQL of what is equal then. -#}
{% macro step_alike(numbered, sides) -%}
    select
        {{ numbered }}.*,
        number - row_number() over (partition by {{ (['profile_id'] + sides) | join(', ') }} order by number) as passed
    from {{ numbered }}
    where {{ sides | join(' is not null and ') }} is not null
{%- endmacro %}


{#-
  How many events of a child come before each span, by one sort.

  instants  columns of what is compared: of the span, of the event
  place     of the span among events of the same: 0 before them, 2 after
  shape     profile_id, message_id (of the parent), before
-#}
{% macro step_before(spans, children, keys, instants, place, asked=[]) -%}
    select
        profile_id,
        message_id,
        before
    from (
        select
            profile_id,
            message_id,
            sum(counted) over (
                partition by {{ dbt_audiences._line_columns(keys | length) | join(', ') }}
                order by moment, place rows between unbounded preceding and current row
            ) as before
        from (
            select
                profile_id,
                message_id,
                {{ instants[0] }} as moment,
                {{ place }} as place,
                0 as counted
                {{- dbt_audiences._keys_as(keys, 1) | indent(8) }}
            from {{ spans }}
            {{- dbt_audiences._keys_present(keys, 1, asked) | indent(8) }}
            union all
            select
                profile_id,
                null as message_id,
                {{ instants[1] }} as moment,
                1 as place,
                1 as counted
                {{- dbt_audiences._keys_as(keys, 0) | indent(8) }}
            from {{ children }}
            {{- dbt_audiences._keys_present(keys, 0) | indent(8) }}
        ) as line
    ) as counts
    where message_id is not null
{%- endmacro %}


{#- Spans with `sought`: which of all events that differ is the n-th after a span's begin. -#}
{% macro step_sought(spans, all_before, alike_before, nth) -%}
    select
        spans.*,
        all_before.before - alike_before.before + {{ nth }} as sought
    from {{ spans }} as spans
    inner join {{ all_before }} as all_before
        on
            all_before.profile_id = spans.profile_id
            and all_before.message_id = spans.message_id
    inner join {{ alike_before }} as alike_before
        on
            alike_before.profile_id = spans.profile_id
            and alike_before.message_id = spans.message_id
{%- endmacro %}


{#- When that event is complete, `instants` being the child's column of that and its name: its number is that of those that differ up to it, and of those alike between them. -#}
{% macro step_differing(sought, alike_between, numbered, instants, keys=[]) -%}
    select
        spans.profile_id,
        spans.message_id,
        children.{{ instants[1] }}
    from (
        select
            sought.profile_id,
            sought.message_id,
            sought.sought + alike_between.before as number
            {{- dbt_audiences._keys_as(keys, 1) | indent(4) }}
        from {{ sought }} as sought
        inner join {{ alike_between }} as alike_between
            on
                alike_between.profile_id = sought.profile_id
                and alike_between.message_id = sought.message_id
    ) as spans
    inner join (
        select
            profile_id,
            number,
            {{ instants[0] }} as {{ instants[1] }}
            {{- dbt_audiences._keys_as(keys, 0) | indent(4) }}
        from {{ numbered }}
    ) as children
        on
            children.profile_id = spans.profile_id
            and children.number = spans.number
            {%- for key in keys %}
            and children.key_{{ loop.index }} = spans.key_{{ loop.index }}
            {%- endfor %}
{%- endmacro %}
