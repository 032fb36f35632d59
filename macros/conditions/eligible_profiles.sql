{#-
  The universe of a user audience: profiles with an identifier of one of these types.

  shape  profile_id, first_seen_at (of the first such identifier), changes_at (the same where it is still to come)
-#}
{% macro eligible_profiles(identifiers) -%}
    {%- set seen = [] -%}
    {%- for type in identifiers -%}{%- do seen.append(dbt_audiences.seen_column(type)) -%}{%- endfor -%}
    select
        profile_id,
        seen_at as first_seen_at,
        {{ dbt_audiences.later_than_as_of('seen_at') | indent(8) }} as changes_at
    from (
        select
            profile_id,
            {{ dbt_audiences.earliest(seen) | indent(12) }} as seen_at
        from {{ ref('dbt_audiences', 'profiles') }}
        where true {{ dbt_audiences.in_scope() }}
    ) as eligible
    where seen_at is not null
{%- endmacro %}


{#- The column of `profiles` that says when the first identifier of a type was seen. -#}
{% macro seen_column(type) -%}
    {%- set is_known = '.' in type or type in ('user_id', 'email', 'anonymous_id', 'ga_client_id') -%}
    {{ return(('seen_' if is_known else 'seen_custom_') ~ type | replace('.', '_')) }}
{%- endmacro %}
