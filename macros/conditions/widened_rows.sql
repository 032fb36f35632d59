{#-
  Rows of entities with what their tests compare them with: values of the entity's traits at as_of, and lists.

  rows     relation of events or of a trait's values
  columns  its columns to hand on
  traits   a list of mappings: `values`, the relation of a trait's values, and `columns`, a list of [its column, the name here]
  lists    a list of mappings: `list`, the relation of a list, and `name`
  shape    profile_id, the columns, and the names; null where the entity has no such value
-#}
{% macro widened_rows(rows, columns, traits=[], lists=[]) -%}
    {%- set as_of = dbt_audiences.as_of() -%}
    {%- set picked = dbt_audiences._of_alias('facts', ['profile_id'] + columns) -%}
    {%- for trait in traits -%}
        {%- set alias = 'trait_' ~ loop.index -%}
        {%- for pair in trait['columns'] -%}{%- do picked.append(alias ~ '.' ~ pair[0] ~ ' as ' ~ pair[1]) -%}{%- endfor -%}
    {%- endfor -%}
    {%- for list in lists -%}{%- do picked.append('list_' ~ loop.index ~ '.found as ' ~ list['name']) -%}{%- endfor -%}
    select
        {{ dbt_audiences._columns_filled(picked) | indent(8) }}
    from {{ rows }} as facts
    {%- for trait in traits %}
    left join {{ trait['values'] }} as trait_{{ loop.index }}
        on
            trait_{{ loop.index }}.profile_id = facts.profile_id
            and trait_{{ loop.index }}.valid_from <= {{ as_of }}
            and coalesce(trait_{{ loop.index }}.valid_to > {{ as_of }}, true)
    {%- endfor %}
    {%- for list in lists %}
    cross join (
        select coalesce({{ dbt_audiences.list_of('value') }}, {{ dbt_audiences.no_texts() }}) as found
        from {{ list['list'] }}
    ) as list_{{ loop.index }}
    {%- endfor %}
    {%- if rows is not string %}
    where true {{ dbt_audiences.in_scope(rows, 'facts.profile_id') }}
    {%- endif %}
{%- endmacro %}
