{{ config(materialized='call_batch') }}

-- What tables must take up since the last run: new events, those of identifiers that belong to another profile now, and all that was
-- ever said of profiles and accounts of which anything new is said. `is_moved`: the call was there before.
select
    calls.*,
    cast(null as boolean) as is_moved
from {{ ref('dbt_audiences', 'stg_calls') }} as calls
-- They belong to profiles: {{ ref('dbt_audiences', 'profile_identifiers') }}
where false
