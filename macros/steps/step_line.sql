{#-
  The spans of the events above and the events of a child on one line of time.

  spans     the name of a CTE of `step_span`
  children  the name of the CTE of the child's events
  keys      pairs of SQL that must be equal: of the child, of the parent; a missing one equals nothing
  present   pairs of SQL of which neither may be missing
  strictly  whether a child at the span's first instant is too early
  tied      only children at the span's first instant
  tests     SQL over the child's events, and `asked` over the spans, that must hold
  weights   SQL for numbers of a child that are added up beside counting it
  counted   SQL for how often a child counts
  shape     profile_id, key_1.., moment, place (what comes first at one moment: the begin of a span, the child's events, its end; the
            begin of a strict one after the events); message_id (of the parent) and edge (-1 a begin, 1 an end, 0 an event); counted
            and weight_1..
-#}
{% macro step_line(spans, children, keys=[], present=[], strictly=false, tied=false, tests=[], asked=[], weights=[], counted='1') -%}
    select
        profile_id,
        message_id,
        edge,
        case when edge = 1 then {{ 'from_at' if tied else 'to_at' }} else from_at end as moment,
        case when edge = 1 then 2 else {{ 2 if strictly else 0 }} end as place,
        0 as counted
        {%- for weight in weights %},
        0 as weight_{{ loop.index }}
        {%- endfor %}
        {{- dbt_audiences._keys_as(keys, 1) }}
    from (
        select
            spans.*,
            edges.edge
        from {{ spans }} as spans
        cross join (values (-1), (1)) as edges (edge)
    ) as edged
    {{- dbt_audiences._keys_present(keys + present, 1, ['from_at <= to_at'] + asked) }}
    union all
    select
        profile_id,
        null as message_id,
        0 as edge,
        occurred_at as moment,
        1 as place,
        {{ counted | indent(8) }} as counted
        {%- for weight in weights %},
        {{ weight }} as weight_{{ loop.index }}
        {%- endfor %}
        {{- dbt_audiences._keys_as(keys, 0) }}
    from {{ children }}
    {{- dbt_audiences._keys_present(keys + present, 0, tests) }}
{%- endmacro %}


{#- The names under which the sides of pairs stand on one line of time. -#}
{% macro _key_names(keys) -%}
    {%- set names = [] -%}
    {%- for key in keys -%}{%- do names.append('key_' ~ loop.index) -%}{%- endfor -%}
    {{ return(names) }}
{%- endmacro %}


{#- What lines with so many keys are partitioned by. -#}
{% macro _line_columns(keys) -%}
    {%- set names = ['profile_id'] -%}
    {%- for number in range(keys) -%}{%- do names.append('key_' ~ (number + 1)) -%}{%- endfor -%}
    {{ return(names) }}
{%- endmacro %}


{#- One side of the pairs as columns, each after a comma. -#}
{% macro _keys_as(keys, side) -%}
    {%- set columns = [''] -%}
    {%- for key in keys -%}{%- do columns.append(key[side] ~ ' as key_' ~ loop.index) -%}{%- endfor -%}
    {{ return(columns | join(',\n        ')) }}
{%- endmacro %}


{#- A `where` that drops what is missing on one side of the pairs, and holds these tests; empty without any. -#}
{% macro _keys_present(keys, side, tests=[]) -%}
    {%- set present = [] -%}
    {%- for key in keys -%}{%- do present.append(key[side] ~ ' is not null') -%}{%- endfor -%}
    {%- if not (present or tests) -%}{{ return('') }}{%- endif -%}
    {{ return('\n    where\n        ' ~ (tests + present) | unique | join('\n        and ')) }}
{%- endmacro %}
