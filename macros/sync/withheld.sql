{#-
  What must hold at a destination, and why a row of it is not sent all the same.

  desired   the name of a CTE of profile_id, identifier_type, identifier_value, traits
  requires  relation of those of whom the destination may be told; none: of everybody
  before    relations of audiences that a person goes to first
  holdout   [salt, threshold]: a profile is held out where the first 8 hexadecimal digits of a hash of both are below the threshold,
            and so is who it was merged with that was held out here
  shape     the columns of `desired`, withheld (consent, priority, holdout; null: it is sent)
-#}
{% macro withheld(desired, requires=none, before=[], holdout=none) -%}
select
    desired.profile_id,
    desired.identifier_type,
    desired.identifier_value,
    desired.traits,
    case
        {%- if requires %}
        when required.profile_id is null then 'consent'
        {%- endif %}
        {%- for audience in before %}
        when before_{{ loop.index }}.profile_id is not null then 'priority'
        {%- endfor %}
        {%- if holdout %}
        when {{ dbt_audiences._is_held_out('desired.profile_id', holdout) }} then 'holdout'
        when exists (
            select 1
            from {{ ref('dbt_audiences', 'holdouts') }} as known
            where
                known.profile_id = desired.profile_id
                and known.destination || ':' || known.audience || ':' = {{ dbt_audiences.text_literal(holdout[0]) }}
                and {{ dbt_audiences._is_held_out('coalesce(known.held_as, known.profile_id)', holdout) }}
        ) then 'holdout'
        {%- endif %}
    end as withheld
from {{ desired }} as desired
{%- if requires %}
left join {{ requires }} as required on required.profile_id = desired.profile_id
{%- endif %}
{%- for audience in before %}
left join {{ audience }} as before_{{ loop.index }} on before_{{ loop.index }}.profile_id = desired.profile_id
{%- endfor %}
{%- endmacro %}


{#- Whether a profile of this id is in the part that is held out. -#}
{% macro _is_held_out(profile_id, holdout) -%}
    {{ dbt_audiences.by_code_point('left(md5(' ~ dbt_audiences.text_literal(holdout[0]) ~ ' || ' ~ profile_id ~ '), 8)') }}
            < {{ dbt_audiences.text_literal(holdout[1]) }}
{%- endmacro %}
