{#-
  The traits of users or accounts side by side, as they stand at as_of.

  wide   what the project's macro `audiences_wide_traits` returns
  of     users or accounts; `profile_id` is the account's id then
  shape  profile_id, and a column for each trait that the project knows: numbers as numbers, all else as its text (arrays and objects
         as JSON), null where it is missing; one row for each profile or account
-#}
{% macro wide_traits(wide, of) -%}
    {%- set columns = [] -%}
    {%- for one in wide if one.of == of -%}{%- do columns.extend(one.columns) -%}{%- endfor -%}
    {%- set id = 'profile_id' if of == 'users' else 'account_id' -%}
    {%- set entities = ref('dbt_audiences', 'profiles' if of == 'users' else 'accounts') -%}
    {%- set traits = ref('dbt_audiences', 'traits') -%}
    {%- set json = 'cast(traits.value as ' ~ dbt_audiences.json_type() ~ ')' -%}
{%- if not columns -%}
select {{ id }}{{ ' as profile_id' if of == 'accounts' }}
from {{ entities }}
{%- else -%}
select
    entities.{{ id }}{{ ' as profile_id' if of == 'accounts' }}
    {%- for one in columns %},
    max(
        case
            when traits.trait = {{ dbt_audiences.text_literal(one.trait) }}
                then {{ dbt_audiences.typed_value(json, [], one.type) }}
        end
    ) as {{ adapter.quote(one.column) }}
    {%- endfor %}
from {{ entities }} as entities
left join {{ traits }} as traits on traits.profile_id = entities.{{ id }}
group by entities.{{ id }}
{%- endif %}
{%- endmacro %}
