{#-
  The accounts of users.

  users   the name of a CTE of users of accounts (profile_id, user_id); none takes every profile
  shape   profile_id (of whom is judged), account_id, first_seen_at (when the membership began, maybe still to come)
-#}
{% macro user_accounts(users=none) -%}
    {%- set members = ref('dbt_audiences', 'account_members') -%}
    select
        {{ 'users' if users else 'members' }}.profile_id,
        members.account_id,
        members.first_seen_at
    {%- if users %}
    from {{ users }} as users
    inner join {{ members }} as members
        on members.profile_id = users.user_id
    {%- else %}
    from {{ members }} as members
    where true {{ dbt_audiences.in_scope(column='members.profile_id') }}
    {%- endif %}
{%- endmacro %}
