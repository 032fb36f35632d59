{#-
  Who is on a list that `audiences load --list` has read: the profiles of its identifiers, or the accounts of its ids.

  shape  profile_id (the account's id where `of` is accounts), once each; an identifier that nobody has gives no row until somebody has it
-#}
{% macro list_members(list, of='users') -%}
{%- if of == 'accounts' -%}
select distinct accounts.account_id as profile_id
from {{ ref('dbt_audiences', 'list_rows') }} as listed
inner join {{ ref('dbt_audiences', 'accounts') }} as accounts on accounts.account_id = listed.value
where
    listed.list = {{ dbt_audiences.text_literal(list) }}
    and listed.type = 'group_id'
{%- else -%}
select distinct profile_identifiers.profile_id
from {{ ref('dbt_audiences', 'list_rows') }} as listed
inner join {{ ref('dbt_audiences', 'profile_identifiers') }} as profile_identifiers
    on
        profile_identifiers.type = listed.type
        and profile_identifiers.value = listed.value
where listed.list = {{ dbt_audiences.text_literal(list) }}
{%- endif %}
{%- endmacro %}
