{#-
  The universe of a user audience: profiles with an identifier of one of these types.

  shape  profile_id, first_seen_at (of the first such identifier), changes_at (the same where it is still to come)
-#}
{% macro eligible_profiles(identifiers) -%}
    {%- set types = [] -%}
    {%- for type in identifiers -%}{%- do types.append(dbt_audiences.text_literal(type)) -%}{%- endfor -%}
    select
        profile_id,
        min(first_seen_at) as first_seen_at,
        {{ dbt_audiences.later_than_as_of('min(first_seen_at)') | indent(8) }} as changes_at
    from {{ ref('dbt_audiences', 'profile_identifiers') }}
    where
        type in ({{ types | join(', ') }})
        {{ dbt_audiences.in_scope() }}
    group by profile_id
{%- endmacro %}
