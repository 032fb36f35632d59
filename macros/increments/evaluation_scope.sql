{#-
  What a model of conditions must look at anew: all, or those whose rows have changed and those whose time has come.

  model     the node of the model in dbt's graph
  sql       its query, with the filters of `in_scope` closed
  has_run   whether what the last evaluation left is still there
  due       SQL for the ids whose stored `changes_at` has come; none for an audience, whose evaluations say it
  shape     a mapping: `is_full`; `number` (changes up to this one are seen), `fingerprint` (of the SQL). The temporary tables of
            `evaluating_tables` are filled for this model, and `scope` (profile_id) is made
-#}
{% macro evaluation_scope(model, sql, has_run, due=none) -%}
    {%- set cursor = dbt_audiences._cursor(model.name) -%}
    {#- Where lines are broken depends on how long the literal of as_of is. -#}
    {%- set text = sql.replace(dbt_audiences.as_of() | string, '').split() | join -%}
    {%- set fingerprint = local_md5(model.config.get('meta', {}).get('definition_hash', '') ~ text) -%}
    {%- set reads = dbt_audiences._tracked_reads(model) -%}
    {%- set is_full = reads is none or cursor is none or not has_run or should_full_refresh() or cursor.fingerprint != fingerprint
        or dbt_audiences.as_of_datetime() < cursor.as_of -%}
    {%- call statement('evaluating') -%}
        {{ dbt_audiences.evaluating_tables() }}
        {{ dbt_audiences._note_evaluating(model, fingerprint, is_full, reads or []) }}
        {{ dbt_audiences.scope_statements() }}
        {{ 'insert into scopes (model, profile_id) select ' ~ dbt_audiences.text_literal(model.name) ~ ', profile_id from (' ~ due ~ ') as due;'
            if due and not is_full }}
        create temporary table scope as select distinct profile_id from scopes;
    {%- endcall -%}
    {%- set found = run_query('select is_full, up_to from evaluating').rows[0] -%}
    {{ return({'is_full': found[0], 'number': found[1] | int, 'fingerprint': fingerprint}) }}
{%- endmacro %}


{% macro _note_evaluating(model, fingerprint, is_full, reads) -%}
    {%- set name = dbt_audiences.text_literal(model.name) -%}
    {%- set meta = model.config.get('meta', {}) -%}
    {%- set crosses = 'model.dbt_audiences.account_members' in model.depends_on.nodes %}
        insert into evaluating (model, of, crosses, is_whole, definition_hash, fingerprint, is_full) values (
            {{ name }}, '{{ meta.get('of', 'users') }}', {{ crosses }}, {{ 'whole' in meta }}, '{{ meta.get('definition_hash', '') }}',
            '{{ fingerprint }}', {{ is_full }}
        );
    {%- if reads and not is_full %}
        insert into evaluating_reads (model, read) values
        {%- for read in reads + ["'*'"] %} ({{ name }}, {{ read }}){{ ',' if not loop.last }}{%- endfor %};
    {%- endif %}
{%- endmacro %}


{#- The models whose changes are logged, as SQL texts; none when it reads one whose changes nobody logs. -#}
{% macro _tracked_reads(model) -%}
    {%- set reads = [] -%}
    {%- for id in model.depends_on.nodes -%}
        {%- set node = graph.nodes.get(id) or graph.sources.get(id) -%}
        {%- if node.config.materialized not in dbt_audiences._tracked_materializations() -%}{{ return(none) }}{%- endif -%}
        {%- do reads.append(dbt_audiences.text_literal(node.name)) -%}
    {%- endfor -%}
    {{ return(reads) }}
{%- endmacro %}


{#- State tables are written between evaluations only, and what they say of an entity is logged under another name. -#}
{% macro _tracked_materializations() -%}
    {{ return(['audience', 'computed_trait', 'guarded_table', 'profile_graph', 'sql_trait', 'state_table', 'tracked_table']) }}
{%- endmacro %}
