{#-
  Values of a trait with the typed columns that conditions read.

  evaluated  name of the CTE: profile_id, value (JSON text), changes_at
  columns    a list of mappings: `name`, `path` (the keys below the trait), `type`; see `narrow_value`
  shape      profile_id, value, the columns, changes_at, and valid_from, valid_to (the same as changes_at) as tables of custom traits
             have them: what is valid now, and until when it surely is
-#}
{% macro typed_trait(evaluated, columns=[]) -%}
select
    profile_id,
    value,
    {%- for column in columns %}
    {{ dbt_audiences.narrow_value('cast(value as ' ~ dbt_audiences.json_type() ~ ')', column) }} as {{ column.name }},
    {%- endfor %}
    timestamp '0001-01-01 00:00:00' as valid_from,
    changes_at as valid_to,
    changes_at
from {{ evaluated }}
{%- endmacro %}
