{#-
  One inequality between the child and the event above, for profiles with many of both: their values ranked together.

  spans, children   names of the CTEs
  key        pair of SQL: the value of the child, and of the parent; missing ones are left out
  operator   lt, lte, gt, gte, before, after: how the child's value stands to the parent's
  heavy      the name of the CTE of the profiles
  keys       pairs of SQL that must be equal
  counted    the child's column of how often it counts, or none
  shape      profile_id, key_1.., value_rank, size (rows of the profile); occurred_at of a child; message_id, from_at and to_at of a parent
-#}
{% macro step_ranked(spans, children, key, operator, type, heavy, keys=[], asked=[], tests=[], counted=none) -%}
    {%- set names = ['profile_id'] + dbt_audiences._key_names(keys) -%}
    {%- set value = dbt_audiences.by_code_point('ranked') if type == 'text' else 'ranked' -%}
    {%- set desc = ' desc' if operator in ('lt', 'lte', 'before') else '' -%}
    {%- set is_heavy = 'profile_id in (select ' ~ heavy ~ '.profile_id from ' ~ heavy ~ ')' -%}
    {%- set sides = keys + [key] -%}
    select
        {{ (names + ([counted] if counted else [])) | join(',\n        ') }},
        occurred_at,
        message_id,
        from_at,
        to_at,
        2 * dense_rank() over (partition by {{ names | join(', ') }} order by {{ value }}{{ desc }}) as value_rank,
        2 * count(*) over (partition by profile_id) + 2 as size
    from (
        select
            profile_id,
            {{ dbt_audiences.never() }} as occurred_at,
            message_id,
            from_at,
            to_at,
            {%- if counted %}
            0 as {{ counted }},
            {%- endif %}
            {{ key[1] }} as ranked
            {{- dbt_audiences._keys_as(keys, 1) | indent(4) }}
        from {{ spans }}
        {{- dbt_audiences._keys_present(sides, 1, [is_heavy] + asked) | indent(4) }}
        union all
        select
            profile_id,
            occurred_at,
            null as message_id,
            null as from_at,
            null as to_at,
            {%- if counted %}
            {{ counted }},
            {%- endif %}
            {{ key[0] }} as ranked
            {{- dbt_audiences._keys_as(keys, 0) | indent(4) }}
        from {{ children }}
        {{- dbt_audiences._keys_present(sides, 0, [is_heavy] + tests) | indent(4) }}
    ) as line
{%- endmacro %}


{#-
  The blocks of ranks of one side. Blocks of level l hold 2^l ranks. For a child above a parent there is exactly one level on which the
  parent's block is even and the child's the next: so the inequality is an equality of level and block.
-#}
{% macro step_blocks(ranked, operator, key_count, of_parents, counted=none) -%}
    {%- set place = 'value_rank' if of_parents and operator in ('lte', 'gte') else 'value_rank + 1' -%}
    {%- set block = '((' ~ place ~ ') >> level)' -%}
    {%- set numbers = [] -%}
    {%- for level in range(40) -%}{%- do numbers.append('(' ~ level ~ ')') -%}{%- endfor -%}
    {%- set names = dbt_audiences._line_columns(key_count) -%}
    select
        {{ (names + (['message_id', 'from_at', 'to_at'] if of_parents else ['occurred_at'] + ([counted] if counted else []))) | join(',\n        ') }},
        level,
        {{ block }}{{ ' + 1' if of_parents }} as block
    from {{ ranked }}
    cross join {{ dbt_audiences.filled('(values', numbers, ') as levels (level)') | indent(4) }}
    where
        message_id is {{ 'not ' if of_parents }}null
        and (size >> level) > 0
        and {{ block }} % 2 = {{ 0 if of_parents else 1 }}
{%- endmacro %}
