{#-
  Events of accounts: what their members did, and whatever carries an account's id, whoever did it.

  events    relation of a narrow event table
  accounts  the name of a CTE of the accounts in question
  columns   the table's columns to hand on
  all_of_user   every event counts for every account of its user, whatever group id it carries
  shape     profile_id (the account's id), occurred_at, message_id and the columns; an event once for each account that has it
-#}
{% macro account_events(events, accounts, columns=[], all_of_user=false) -%}
    {%- set picked = dbt_audiences._of_alias('events', ['occurred_at', 'message_id'] + (columns or [])) -%}
    {%- set picked = dbt_audiences._columns_filled(picked) -%}
    select
        members.account_id as profile_id,
        {{ picked | indent(8) }}
    from {{ accounts }} as accounts
    inner join {{ ref('dbt_audiences', 'account_members') }} as members
        on members.account_id = accounts.profile_id
    inner join {{ events }} as events
        on events.profile_id = members.profile_id
    where
        members.first_seen_at <= {{ dbt_audiences.as_of() }}
    {%- if not all_of_user %}
        and events.group_id is null
    union all
    select
        events.group_id as profile_id,
        {{ picked | indent(8) }}
    from {{ accounts }} as accounts
    inner join {{ events }} as events
        on events.group_id = accounts.profile_id
    {%- endif %}
{%- endmacro %}


{% macro _of_alias(alias, columns) -%}
    {%- set found = [] -%}
    {%- for column in columns -%}{%- do found.append(alias ~ '.' ~ column) -%}{%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{#- Columns of a select, several to a line. -#}
{% macro _columns_filled(columns) -%}
    {%- set lines = [] -%}
    {%- for line in dbt_audiences.filled('', columns, '').strip().split('\n') -%}{%- do lines.append(line.strip()) -%}{%- endfor -%}
    {{ return(lines | join('\n')) }}
{%- endmacro %}
