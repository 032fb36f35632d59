{#-
  Compares the rows of a freshly built table with those counted last and writes the new count down; raises when they fell to none or
  below half, unless a person has approved it; an approval is good for the next build and no later one. The message begins with
  `guard:`, by which the runner knows it. The variable `audiences_unguarded` names tables that a run has just taken rows from itself.
-#}
{% macro refuse_emptied_source(name, fresh, has_run) -%}
    {%- set counts = dbt_audiences.state_relation('source_counts') -%}
    {%- set approvals = dbt_audiences.state_relation('approvals') -%}
    {%- set key = dbt_audiences.text_literal(name) -%}
    {%- set now = run_query('select count(*) as n from ' ~ fresh).rows[0][0] | int -%}
    {%- set before = run_query('select coalesce(max(row_count), 0) as n from ' ~ counts ~ ' where model = ' ~ key).rows[0][0] | int -%}
    {%- if has_run and before > 0 and now * 2 < before and name not in var('audiences_unguarded', []) -%}
        {%- set approved = run_query(
            'select count(*) as n from ' ~ approvals ~ ' where key = ' ~ key ~ ' and used_at is null'
        ).rows[0][0] | int -%}
        {%- if approved == 0 -%}
            {{ exceptions.raise_compiler_error(
                'guard: ' ~ name ~ ' had ' ~ before ~ ' rows and now has ' ~ now
                ~ '; its source may have broken, so nothing that reads it was changed. If this is right: audiences sync --approve '
                ~ name
            ) }}
        {%- endif -%}
    {%- endif -%}
    {%- if has_run -%}
        {%- do run_query(
            'update ' ~ approvals ~ ' set used_at = ' ~ dbt_audiences.as_of() ~ ", used_by = '" ~ dbt_audiences.run_id()
            ~ "' where key = " ~ key ~ ' and used_at is null'
        ) -%}
    {%- endif -%}
    {%- if now != before -%}
        {%- do run_query('delete from ' ~ counts ~ ' where model = ' ~ key) -%}
        {%- do run_query(
            'insert into ' ~ counts ~ ' (model, row_count, run_id) values (' ~ key ~ ', ' ~ now ~ ", '" ~ dbt_audiences.run_id() ~ "')"
        ) -%}
    {%- endif -%}
{%- endmacro %}
