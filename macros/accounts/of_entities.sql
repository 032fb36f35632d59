{#-
  The rows of a relation that belong to the entities of a CTE, under the key of those.

  relation   relation of rows with a `profile_id`
  entities   the name of a CTE with `profile_id`, the key of the entity judged
  id         the column of that CTE that the relation's `profile_id` is compared with
  columns    columns of the relation to hand on
  own_group  only rows without a group id and those with the entity's `account_id`
  shape      profile_id and the columns
-#}
{% macro of_entities(relation, entities, id='profile_id', columns=[], own_group=false) -%}
    {%- set picked = ['entities.profile_id'] + dbt_audiences._of_alias('facts', columns) -%}
    select
        {{ dbt_audiences._columns_filled(picked) | indent(8) }}
    from {{ entities }} as entities
    inner join {{ relation }} as facts
        on facts.profile_id = entities.{{ id }}
    {%- if own_group %}
    where
        facts.group_id is null
        or facts.group_id = entities.account_id
    {%- endif %}
{%- endmacro %}
