{#-
  What must hold at a destination for accounts: each under its own id, and its users under theirs. A user of several of the accounts
  stands for the one joined last.

  accounts  relation of an audience of accounts, or of values (see `said_values`)
  value     the name, or names, of the trait that is sent; none for an audience
  traits    a list of [name here, name there] of traits of the account that go along
  users     what goes to users: `identifiers` ([type, which]), `eligible` (types of which a user must have one), `with_traits` (the
            traits go along there too), `instead` (to the users alone); none: nothing
  shape     profile_id, identifier_type, identifier_value, traits (the text of a JSON object); one row for each identifier
-#}
{% macro desired_of_accounts(accounts, value=none, traits=[], users=none) -%}
with

{% if value -%}
valued as (
    {{ dbt_audiences.said_values(accounts, value) }}
),

{% endif -%}
worded as (
    select
        accounts.profile_id,
        {{ dbt_audiences.traits_along([], 'accounts.said' if value) }} as said,
        {{ dbt_audiences.traits_along(traits, 'accounts.said' if value) }} as traits
    from {{ 'valued' if value else accounts }} as accounts
    {{- dbt_audiences.join_traits_along(traits, 'accounts') | indent(4) }}
)
{%- if users %},

users as (
    {{ dbt_audiences.account_users('worded', users.eligible) }}
),

{{ dbt_audiences._accounts_joined_last('traits' if users.with_traits else 'said') }},

chosen as (
    {{ dbt_audiences.ranked_identifiers('reached') }}
)
{%- endif %}
{% if not (users and users.instead) %}
select
    profile_id,
    'group_id' as identifier_type,
    profile_id as identifier_value,
    traits
from worded
{%- endif %}
{%- if users %}
{{ 'union all' if not users.instead }}
select
    chosen.profile_id,
    chosen.type as identifier_type,
    chosen.value as identifier_value,
    reached.traits
from chosen
inner join reached on reached.profile_id = chosen.profile_id
where
    {{- dbt_audiences.identifiers_that_go(users.identifiers) }}
{%- endif %}
{%- endmacro %}


{#- The users with what is said of the account that they joined last. -#}
{% macro _accounts_joined_last(column) -%}
joined as (
    select
        users.user_id,
        worded.{{ column }} as traits,
        row_number() over (
            partition by users.user_id
            order by users.first_seen_at desc, {{ dbt_audiences.by_code_point('users.account_id') }}
        ) as place
    from users
    inner join worded on worded.profile_id = users.account_id
    where users.first_seen_at <= {{ dbt_audiences.as_of() }}
),

reached as (
    select
        user_id as profile_id,
        traits
    from joined
    where place = 1
)
{%- endmacro %}
