{#-
  The users of accounts: members that are eligible, each for each account.

  accounts     the name of a CTE of the accounts in question
  identifiers  the types of identifier of which a user must have one
  shape        profile_id (a key of the two), account_id, user_id, first_seen_at (when the user is one, maybe still to come)
-#}
{% macro account_users(accounts, identifiers) -%}
    {%- set types = [] -%}
    {%- for type in identifiers -%}{%- do types.append(dbt_audiences.text_literal(type)) -%}{%- endfor -%}
    select
        cast(length(members.account_id) as {{ dbt.type_string() }})
        || ':' || members.account_id || members.profile_id as profile_id,
        members.account_id,
        members.profile_id as user_id,
        greatest(members.first_seen_at, min(identifiers.first_seen_at)) as first_seen_at
    from {{ accounts }} as accounts
    inner join {{ ref('dbt_audiences', 'account_members') }} as members
        on members.account_id = accounts.profile_id
    inner join {{ ref('dbt_audiences', 'profile_identifiers') }} as identifiers
        on identifiers.profile_id = members.profile_id
    where identifiers.type in {{ dbt_audiences.filled('(', types, ')') | indent(4) }}
    group by members.account_id, members.profile_id, members.first_seen_at
{%- endmacro %}
