{#-
  The accounts that are judged: all that a group call named, or those of a CTE of memberships.

  links         the name of a CTE with `account_id`; none takes every account
  with_members  whether what is asked of an account depends on who belongs to it: a membership that is still to come changes that
  shape         profile_id (the account's id), changes_at; for every account also first_seen_at
-#}
{% macro account_universe(links=none, with_members=false) -%}
    {%- set as_of = dbt_audiences.as_of() -%}
    {%- set instants = [] -%}
    {%- if links is none -%}{%- do instants.append(dbt_audiences.later_than_as_of('min(accounts.first_seen_at)')) -%}{%- endif -%}
    {%- if with_members -%}{%- do instants.append('min(members.first_seen_at)') -%}{%- endif -%}
    select
        accounts.account_id as profile_id,
        {%- if links is none %}
        min(accounts.first_seen_at) as first_seen_at,
        {%- endif %}
        {{ dbt_audiences.earliest(instants or [dbt_audiences.never()]) | indent(8) }} as changes_at
    from {{ links or ref('dbt_audiences', 'accounts') }} as accounts
    {%- if with_members %}
    left join {{ ref('dbt_audiences', 'account_members') }} as members
        on
            members.account_id = accounts.account_id
            and members.first_seen_at > {{ as_of }}
    {%- endif %}
    {%- if links is none %}
    where true {{ dbt_audiences.in_scope(column='accounts.account_id') }}
    {%- endif %}
    group by accounts.account_id
{%- endmacro %}
