{#-
  The values of a computed trait with the next instant at which time alone could change each.

  rows, values  names of the CTEs of events and of values
  everybody     name of the CTE of all entities, for functions whose value without any event is `otherwise`; else none. A row of
                `values` without a value stands for one that is missing though there are events: a sum too large for a number
  turning       names of CTEs of further instants (profile_id, changes_at)
  shape         profile_id, value (JSON text; null where there is none yet), changes_at
-#}
{% macro trait_evaluated(rows, values, everybody=none, otherwise=none, turning=[]) -%}
    {%- set seen = 'case when everybody.first_seen_at <= ' ~ dbt_audiences.as_of() -%}
    select
        profile_id,
        {%- if everybody is not none %}
        {{ seen }}
            then case when {{ values }}.profile_id is null then '{{ otherwise }}' else {{ values }}.value end
        end as value,
        {{ dbt_audiences.earliest(['everybody.changes_at', 'turning.changes_at']) }} as changes_at
    from {{ everybody }} as everybody
    left join (
        {%- else %}
        {{ values }}.value,
        turning.changes_at
    from (
        {%- endif %}
        select
            profile_id,
            min(changes_at) as changes_at
        {%- if turning %}
        from (
            select profile_id, changes_at from {{ rows }}
            {%- for trait in turning %}
            union all
            select profile_id, changes_at from {{ trait }}
            {%- endfor %}
        ) as instants
        {%- else %}
        from {{ rows }}
        {%- endif %}
        group by profile_id
    ) as turning{{ ' using (profile_id)' if everybody is not none }}
    left join {{ values }} using (profile_id)
    {%- if everybody is none %}
    where
        {{ values }}.value is not null
        or turning.changes_at is not null
    {%- endif %}
{%- endmacro %}
