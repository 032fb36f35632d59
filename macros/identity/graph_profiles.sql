{#-
  One profile id for each component: the id of the oldest profile that it held before, else one made of its first identifier.

  graph_profiles (label, profile_id) and graph_merged (from_profile_id, to_profile_id). Where a component fell apart, because what
  tied it was deleted, the part with the oldest identifier keeps the id.
-#}
{% macro graph_profiles(identifiers, is_first) -%}
        create temporary table graph_known as
        select known.profile_id, known.first_seen_at, labels.label
        from {{ identifiers }} as known
        inner join graph_types as types on types.type = known.type
        inner join graph_nodes as nodes on nodes.type_no = types.type_no and nodes.value = known.value
        inner join graph_labels as labels on labels.node = nodes.node;
        create temporary table graph_claims as
        select
            claims.label,
            claims.profile_id,
            row_number() over (
                partition by claims.label order by ages.first_seen_at, claims.profile_id
            ) as choice
        from (
            select
                known.label,
                known.profile_id,
                row_number() over (
                    partition by known.profile_id order by min(known.first_seen_at), known.label
                ) as claim
            from graph_known as known
            group by known.label, known.profile_id
        ) as claims
        inner join (
            select profile_id, min(first_seen_at) as first_seen_at
            from {{ identifiers }}
            where profile_id in (select profile_id from graph_known)
            group by profile_id
        ) as ages on ages.profile_id = claims.profile_id
        where claims.claim = 1;
        create temporary table graph_profiles as
        select label, profile_id from graph_claims where choice = 1
        union all
        select
            nodes.node,
    {%- if is_first %}
            {{ dbt_audiences._new_profile_id() }}
    {%- else %}
            case
                when exists (select 1 from {{ identifiers }} as known where known.profile_id = {{ dbt_audiences._new_profile_id() }})
                    then {{ dbt_audiences._new_profile_id(" || '" ~ dbt_audiences.run_id() ~ "'") }}
                else {{ dbt_audiences._new_profile_id() }}
            end
    {%- endif %}
        from graph_nodes as nodes
        inner join graph_types as types on types.type_no = nodes.type_no
        inner join graph_labels as labels on labels.node = nodes.node and labels.label = nodes.node
        where not exists (select 1 from graph_claims as claims where claims.label = nodes.node);
        create temporary table graph_merged as
        select gone.profile_id as from_profile_id, kept.profile_id as to_profile_id
        from graph_claims as gone
        inner join graph_claims as kept on kept.label = gone.label and kept.choice = 1
        where gone.choice > 1;
{%- endmacro %}


{% macro _new_profile_id(suffix='') -%}
    {{ return("'p' || substr(md5(types.type || ':' || nodes.value" ~ suffix ~ '), 1, 20)') }}
{%- endmacro %}
