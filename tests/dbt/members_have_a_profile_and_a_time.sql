select
    audience,
    profile_id
from {{ ref('dbt_audiences', 'memberships') }}
where
    audience is null
    or profile_id is null
    or entered_at is null
