{{ config(materialized='replaced_table') }}

{#- The copy of a message that was loaded first counts; only messages that came twice are sorted for it. -#}
with

calls as (
    select * from {{ ref('dbt_audiences', 'calls_raw') }}
    union all
    select * from {{ ref('dbt_audiences', 'calls_segment') }}
    union all
    select * from {{ ref('dbt_audiences', 'calls_rudderstack') }}
    union all
    select * from {{ ref('dbt_audiences', 'calls_declared') }}
),

repeated as (
    select message_id
    from calls
    group by message_id
    having count(*) > 1
),

numbered as (
    select
        calls.*,
        row_number() over (
            partition by calls.message_id
            order by
                calls.loaded_at,
                {{ dbt_audiences.by_code_point('calls.source') }},
                calls.occurred_at,
                {{ dbt_audiences.by_code_point('cast(calls.properties as ' ~ dbt.type_string() ~ ')') }}
        ) as copy
    from calls
    where calls.message_id in (select repeated.message_id from repeated)
),

once as (
    select
        calls.*,
        1 as copy
    from calls
    where
        not exists (
            select 1
            from repeated
            where repeated.message_id = calls.message_id
        )
    union all
    select *
    from numbered
    where copy = 1
),

identified as (
    select
        once.*,
        {{ dbt_audiences.call_email('once') }} as email,
        {{ dbt_audiences.call_advertising_id('once', 'android') }} as android_idfa,
        {{ dbt_audiences.call_advertising_id('once', 'ios') }} as ios_idfa
    from once
)

select
    message_id,
    type,
    occurred_at,
    received_at,
    event,
    name,
    nullif(user_id, '') as user_id,
    email,
    nullif(anonymous_id, '') as anonymous_id,
    android_idfa,
    ios_idfa,
    nullif(group_id, '') as group_id,
    nullif(previous_id, '') as previous_id,
    case
        when nullif(user_id, '') is not null then 'user_id'
        when email is not null then 'email'
        when nullif(anonymous_id, '') is not null then 'anonymous_id'
        when android_idfa is not null then 'android.idfa'
        when ios_idfa is not null then 'ios.idfa'
    end as identifier_type,
    coalesce(nullif(user_id, ''), email, nullif(anonymous_id, ''), android_idfa, ios_idfa) as identifier_value,
    properties,
    traits,
    context,
    coalesce({{ dbt_audiences.json_text_at('context', ['source']) }}, source) as source,
    loaded_at
from identified
where occurred_at is not null
