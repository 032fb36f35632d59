{#-
  Every value that was said of custom traits by as_of, the newest of each marked.

  of     users, by identify calls, or accounts, by group calls; `profile_id` is the account's id then
  shape  of, profile_id, trait, value (JSON text), updated_at (when it was said), newest (1: it stands)
-#}
{% macro current_custom_traits(of) -%}
    {%- set id = 'profile_identifiers.profile_id' if of == 'users' else 'calls.group_id' -%}
    select
        '{{ of }}' as of,
        {{ id }}{{ ' as profile_id' if of == 'accounts' }},
        entry.key as trait,
        cast(entry.value as {{ dbt.type_string() }}) as value,
        calls.occurred_at as updated_at,
        row_number() over (
            partition by {{ id }}, entry.key
            order by
                calls.occurred_at desc,
                case when calls.received_at is null then 1 else 0 end,
                calls.received_at desc,
                {{ dbt_audiences.by_code_point('calls.message_id') }} desc
        ) as newest
    {%- if of == 'users' %}
    from {{ ref('dbt_audiences', 'stg_identifies') }} as calls
    inner join {{ ref('dbt_audiences', 'profile_identifiers') }} as profile_identifiers
        on
            profile_identifiers.type = calls.identifier_type
            and profile_identifiers.value = calls.identifier_value
    {%- else %}
    from {{ ref('dbt_audiences', 'stg_groups') }} as calls
    {%- endif %}
    {{ dbt_audiences.each_json_entry('calls.traits') }}
    where calls.occurred_at <= {{ dbt_audiences.as_of() }}
{%- endmacro %}


{% macro text_literals(texts) -%}
    {%- set literals = [] -%}
    {%- for text in texts -%}{%- do literals.append(dbt_audiences.text_literal(text)) -%}{%- endfor -%}
    {{ return(literals) }}
{%- endmacro %}
