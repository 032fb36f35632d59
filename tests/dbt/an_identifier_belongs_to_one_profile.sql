select
    type,
    value
from {{ ref('dbt_audiences', 'profile_identifiers') }}
group by type, value
having count(*) > 1
