{#-
  Every profile, whom a computed trait may say something of.

  shape  profile_id, first_seen_at, changes_at (the same where it is still to come)
-#}
{% macro every_profile() -%}
    {%- set relation = ref('dbt_audiences', 'profile_identifiers') -%}
    select
        profile_id,
        min(first_seen_at) as first_seen_at,
        {{ dbt_audiences.later_than_as_of('min(first_seen_at)') | indent(8) }} as changes_at
    from {{ relation }}
    where true {{ dbt_audiences.in_scope(relation) }}
    group by profile_id
{%- endmacro %}
