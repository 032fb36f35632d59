{#-
  Rows with the span of time back from as_of that they lie in: span k is as_of - (k + 1) spans < t <= as_of - k spans.

  rows     name of a CTE as `trait_rows` gives it
  columns  its typed columns to hand on
  each     [count, unit] of fixed length
  shape    profile_id, span (of a row to come whatever it is), the columns, is_current, changes_at (also when the row goes on to the
           next span)
-#}
{% macro spans(rows, columns, each) -%}
    {%- set as_of = dbt_audiences.as_of() -%}
    {%- set next = 'occurred_at + (span + 1) * ' ~ "interval '" ~ each | join(' ') ~ "'" -%}
    select
        profile_id,
        span,
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        is_current,
        {{ dbt_audiences.earliest(['changes_at', dbt_audiences.later_than_as_of(next)]) | indent(8) }} as changes_at
    from (
        select
            *,
            {{ dbt_audiences.whole_spans('occurred_at', as_of, each) | indent(12) }} as span
        from {{ rows }}
    ) as placed
{%- endmacro %}
