{#-
  Entities, or related rows above, by how many related rows they have.

  rows      relation of the rows: profile_id, row_id, parent_id, the typed columns
  below     names of CTEs of this macro that judge these rows by the rows below them, which `test` reads
  test      SQL over the columns, and `<cte>.value`, that is true for a row that counts; none counts every row
  turns     SQL for the next instants at which time alone changes `test` for a row
  by_row    whether rows above are judged, not entities
  shape     profile_id, row_id (of the row above, where those are judged), value, changes_at; one row for each with a related row
  zero      one without any has no row: the caller's default decides
-#}
{% macro has_related(rows, test=none, at_least=none, at_most=none, below=[], turns=[], by_row=false) -%}
    {%- set counted = dbt_audiences.laid_out('count(*) filter (where ', ['coalesce(' ~ test ~ ', false)'], ')') if test else 'count(*)' -%}
    {%- set tests = ([counted ~ ' >= ' ~ at_least] if at_least else []) + ([counted ~ ' <= ' ~ at_most] if at_most is not none else []) -%}
    {%- set instants = [] -%}
    {%- for turn in turns -%}{%- do instants.append(dbt_audiences.laid_out('min(', [turn], ')')) -%}{%- endfor -%}
    {%- for cte in below -%}{%- do instants.append('min(' ~ cte ~ '.changes_at)') -%}{%- endfor -%}
    select
        rows.profile_id,
        {%- if by_row %}
        rows.parent_id as row_id,
        {%- endif %}
        {{ tests | join('\nand ') | indent(8) }} as value,
        {{ dbt_audiences.earliest(instants or [dbt_audiences.never()]) | indent(8) }} as changes_at
    from {{ rows }} as rows
    {%- for cte in below %}
    left join {{ cte }}
        on
            {{ cte }}.profile_id = rows.profile_id
            and {{ cte }}.row_id = rows.row_id
    {%- endfor %}
    where true {{ dbt_audiences.in_scope(rows, 'rows.profile_id') }}
    group by rows.profile_id{{ ', rows.parent_id' if by_row }}
{%- endmacro %}
