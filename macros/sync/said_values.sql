{#-
  Values of traits as the inside of a JSON object, for those who have any.

  values  relation of a computed trait (profile_id, value), or of several traits (profile_id, trait, value); values are JSON
  name    the trait's name, or the list of their names: of several all are said, as null where there is none
  shape   profile_id, said; one row for each profile or account with a value
-#}
{% macro said_values(values, name) -%}
    {%- if name is string -%}
    select
        profile_id,
        {{ dbt_audiences.text_literal(tojson(name) ~ ':') }} || value as said
    from {{ values }}
    where value is not null
    {%- else -%}
    select
        profile_id,
        concat_ws(
            ',',
            {%- for one in name %}
            {{ dbt_audiences.text_literal(tojson(one) ~ ':') }}
            || coalesce(max(case when trait = {{ dbt_audiences.text_literal(one) }} then value end), 'null')
            {{- ',' if not loop.last }}
            {%- endfor %}
        ) as said
    from {{ values }}
    where trait in ({{ dbt_audiences.text_literals(name) | join(', ') }})
    group by profile_id
    having count(value) > 0
    {%- endif -%}
{%- endmacro %}
