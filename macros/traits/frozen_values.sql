{#-
  The values that a disabled trait last had, under the profiles that those who had them are part of now.

  relation  the table of the trait: profile_id, value (JSON text), updated_at
  shape     a relation in brackets: profile_id, value (never null), updated_at; one row for each profile or account
  merges    a profile that took others in keeps its own value; without one, or with that of somebody without events, it takes the
            latest of theirs
-#}
{% macro frozen_values(relation, merges, profiles) -%}
(
    with recursive heirs (kept_id, profile_id) as (
        select profile_id, profile_id from {{ relation }}
        union
        select heirs.kept_id, merges.to_profile_id
        from heirs
        inner join {{ merges }} as merges on merges.from_profile_id = heirs.profile_id
        where heirs.profile_id not in (select profile_id from {{ profiles }})
    ),

    placed as (
        select
            heirs.profile_id,
            kept.value,
            kept.updated_at,
            row_number() over (
                partition by heirs.profile_id
                order by
                    case when kept.value in ('0', '[]') then 1 else 0 end,
                    case when kept.profile_id = heirs.profile_id then 0 else 1 end,
                    kept.updated_at desc,
                    kept.profile_id
            ) as place
        from heirs
        inner join {{ relation }} as kept on kept.profile_id = heirs.kept_id
        where
            kept.value is not null
            and (
                heirs.profile_id in (select profile_id from {{ profiles }})
                or not exists (select 1 from {{ merges }} as merges where merges.from_profile_id = heirs.profile_id)
            )
    )

    select
        profile_id,
        value,
        updated_at
    from placed
    where place = 1
) as frozen
{%- endmacro %}
