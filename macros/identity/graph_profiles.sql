{#-
  One profile id for each part of the graph: the id of the oldest profile that it held before, else one made of its first identifier.

  graph_profiles (part, profile_id) and graph_merged (from_profile_id, to_profile_id). Where a profile fell apart, because what
  tied it was deleted, the part with the oldest identifier keeps the id.

  before  SQL of the identifiers of profiles as they were, of all that is looked at
-#}
{% macro graph_profiles(before, identifiers, is_first) -%}
        create temporary table graph_known as
        select known.profile_id, known.first_seen_at, members.part
        from {{ before }} as known
        inner join graph_types as types on types.type = known.type
        inner join graph_assigned as members on members.type_no = types.type_no and members.value = known.value
        where members.part is not null;
        create temporary table graph_claims as
        select
            claims.part,
            claims.profile_id,
            row_number() over (
                partition by claims.part order by ages.first_seen_at, claims.profile_id
            ) as choice
        from (
            select
                known.part,
                known.profile_id,
                row_number() over (
                    partition by known.profile_id
                    order by
                        min(known.first_seen_at), parts.first_seen_at, parts.type_no, {{ dbt_audiences.by_code_point('parts.value') }}
                ) as claim
            from graph_known as known
            inner join graph_parts as parts on parts.part = known.part
            group by known.part, known.profile_id, parts.first_seen_at, parts.type_no, parts.value
        ) as claims
        inner join (
            select profile_id, min(first_seen_at) as first_seen_at
            from {{ before }} as known
            where profile_id in (select profile_id from graph_known)
            group by profile_id
        ) as ages on ages.profile_id = claims.profile_id
        where claims.claim = 1;
        create temporary table graph_profiles as
        select part, profile_id from graph_claims where choice = 1
        union all
        select
            parts.part,
    {%- if is_first %}
            {{ dbt_audiences._new_profile_id() }}
    {%- else %}
            case
                when exists (select 1 from {{ identifiers }} as known where known.profile_id = {{ dbt_audiences._new_profile_id() }})
                    then {{ dbt_audiences._new_profile_id(" || '" ~ dbt_audiences.run_id() ~ "'") }}
                else {{ dbt_audiences._new_profile_id() }}
            end
    {%- endif %}
        from graph_parts as parts
        inner join graph_types as types on types.type_no = parts.type_no
        where not exists (select 1 from graph_claims as claims where claims.part = parts.part);
        create temporary table graph_merged as
        select gone.profile_id as from_profile_id, kept.profile_id as to_profile_id
        from graph_claims as gone
        inner join graph_claims as kept on kept.part = gone.part and kept.choice = 1
        where gone.choice > 1;
{%- endmacro %}


{% macro _new_profile_id(suffix='') -%}
    {{ return("'p' || substr(md5(types.type || ':' || parts.value" ~ suffix ~ '), 1, 20)') }}
{%- endmacro %}
