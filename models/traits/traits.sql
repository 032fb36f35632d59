{{ config(materialized='table') }}

-- The value of every custom trait as it stands at as_of; a trait set to null is gone.
with

said as (
    select
        profile_identifiers.profile_id,
        entry.key as trait,
        cast(entry.value as {{ dbt.type_string() }}) as value,
        calls.occurred_at as updated_at,
        row_number() over (
            partition by profile_identifiers.profile_id, entry.key
            order by
                calls.occurred_at desc,
                case when calls.received_at is null then 1 else 0 end,
                calls.received_at desc,
                {{ dbt_audiences.by_code_point('calls.message_id') }} desc
        ) as newest
    from {{ ref('dbt_audiences', 'stg_identifies') }} as calls
    inner join {{ ref('dbt_audiences', 'profile_identifiers') }} as profile_identifiers
        on
            profile_identifiers.type = calls.identifier_type
            and profile_identifiers.value = calls.identifier_value
    {{ dbt_audiences.each_json_entry('calls.traits') }}
    where calls.occurred_at <= {{ dbt_audiences.as_of() }}
)

select
    profile_id,
    trait,
    value,
    updated_at
from said
where
    newest = 1
    and value <> 'null'
