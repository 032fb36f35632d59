{#-
  How many events of a child follow each event above, by one sort: along the line of time of a profile, and of the keys, the child's
  events are numbered, and the number at a span's begin is taken from that at its end. Never a product, however many there are.

  line     the name of a CTE of `step_line`
  keys     how many keys it has
  weights  the weights that it has; the sum of each makes a column `total_<n>`
  shape    profile_id, message_id (of the parent), matches, the totals; only parents that have their keys and a span
-#}
{% macro step_found(line, keys=0, weights=[]) -%}
    {%- set names, sums = dbt_audiences._line_columns(keys), ['counted'] -%}
    {%- for weight in weights -%}{%- do sums.append('weight_' ~ loop.index) -%}{%- endfor -%}
    select
        profile_id,
        message_id
        {%- for sum in sums %},
        sum(edge * {{ sum }}) as {{ 'matches' if loop.first else 'total_' ~ loop.index0 }}
        {%- endfor %}
    from (
        select
            profile_id,
            message_id,
            edge
            {%- for sum in sums %},
            sum({{ sum }}) over (
                partition by {{ names | join(', ') }}
                order by moment, place rows between unbounded preceding and current row
            ) as {{ sum }}
            {%- endfor %}
        from {{ line }}
    ) as numbered
    where edge <> 0
    group by profile_id, message_id
{%- endmacro %}
