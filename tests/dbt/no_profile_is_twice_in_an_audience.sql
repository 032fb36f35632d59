select
    audience,
    profile_id
from {{ ref('dbt_audiences', 'memberships') }}
group by audience, profile_id
having count(*) > 1
