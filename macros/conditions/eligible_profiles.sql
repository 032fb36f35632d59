{#-
  The universe of a user audience: profiles with an identifier of one of these types.

  shape  profile_id, first_seen_at (of the first such identifier; later than as_of when none was seen yet)
-#}
{% macro eligible_profiles(identifiers) -%}
    {%- set types = [] -%}
    {%- for type in identifiers -%}{%- do types.append(dbt_audiences.text_literal(type)) -%}{%- endfor -%}
    select
        profile_id,
        min(first_seen_at) as first_seen_at
    from {{ ref('dbt_audiences', 'profile_identifiers') }}
    where type in ({{ types | join(', ') }})
    group by profile_id
{%- endmacro %}
