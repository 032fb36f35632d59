{#-
  Whether a condition on a trait holds at as_of, and since when it does without a break.

  judged   name of a CTE as `held_values` gives it
  missing  whether the condition holds of whoever has no value
  shape    profile_id, is_true (null before the first value), since (when the last value that did not satisfy was replaced, else
           when the first came; with `missing` null where none ever failed), next_at (when the next value begins)
-#}
{% macro held_since(judged, missing=false) -%}
    {%- set as_of = dbt_audiences.as_of() -%}
    {%- set broken = 'max(valid_to) filter (\n    where not holds and valid_to <= ' ~ as_of ~ '\n)' -%}
    select
        profile_id,
        bool_or(holds) filter (
            where
                valid_from <= {{ as_of }}
                and coalesce(valid_to > {{ as_of }}, true)
        ) as is_true,
        {%- if missing %}
        {{ broken | indent(8) }} as since,
        {%- else %}
        {{ dbt_audiences.laid_out('coalesce(', [broken, 'min(valid_from)'], ')') | indent(8) }} as since,
        {%- endif %}
        min(valid_from) filter (where valid_from > {{ as_of }}) as next_at
    from {{ judged }}
    group by profile_id
{%- endmacro %}
