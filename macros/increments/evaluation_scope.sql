{#-
  What a model of conditions must look at anew: all, or those whose rows have changed and those whose time has come.

  model     the node of the model in dbt's graph
  sql       its query, with the filters of `in_scope` closed
  has_run   whether what the last evaluation left is still there
  due       SQL for the ids whose stored `changes_at` has come
  shape     a mapping: `is_full`; `number` (changes up to this one are seen), `fingerprint` (of the SQL), `statements` that make the
            temporary table `scope` (profile_id)
-#}
{% macro evaluation_scope(model, sql, has_run, due) -%}
    {%- set log = dbt_audiences.state_relation('changed_entities') -%}
    {%- set cursor = dbt_audiences._cursor(model.name) -%}
    {%- set number = run_query('select coalesce(max(number), 0) from ' ~ log).rows[0][0] | int -%}
    {%- set fingerprint = local_md5(
        model.config.get('meta', {}).get('definition_hash', '') ~ sql.replace(dbt_audiences.as_of() | string, '')
    ) -%}
    {%- set found = {'is_full': true, 'number': number, 'fingerprint': fingerprint, 'statements': ''} -%}
    {%- set reads = dbt_audiences._tracked_reads(model) -%}
    {%- if reads is none or cursor is none or not has_run or should_full_refresh() or cursor.fingerprint != fingerprint
        or dbt_audiences.as_of_datetime() < cursor.as_of -%}
        {{ return(found) }}
    {%- endif -%}
    {%- set since = 'number > ' ~ cursor.number ~ ' and number <= ' ~ number ~ ' and model in (' ~ reads | join(', ') ~ ", '*')" -%}
    {%- set whole = '' if 'whole' in model.config.get('meta', {}) else ' and id is null' -%}
    {%- if run_query('select count(*) from ' ~ log ~ ' where ' ~ since ~ whole).rows[0][0] | int > 0 -%}
        {{ return(found) }}
    {%- endif -%}
    {%- do found.update({
        'is_full': false,
        'statements': dbt_audiences._scope_statements(model, 'from ' ~ log ~ ' where ' ~ since, due),
    }) -%}
    {{ return(found) }}
{%- endmacro %}


{#- Ids of the entity judged. What a user does changes the accounts of that user, and these all their members, where a block asks so. -#}
{% macro _scope_statements(model, changed, due) -%}
    {%- set of = model.config.get('meta', {}).get('of', 'users') -%}
    {%- set crosses = 'model.dbt_audiences.account_members' in model.depends_on.nodes -%}
    {%- set members = dbt_audiences.state_relation('account_members') -%}
    {%- set users = 'select id ' ~ changed ~ " and of = 'users'" -%}
    {%- set accounts -%}
        select id {{ changed }} and of = 'accounts'
        union select account_id from {{ members }} where profile_id in ({{ users }})
    {%- endset -%}
        create temporary table scope as
        select distinct profile_id from (
            {{ due }}
    {%- if of == 'accounts' %}
            union all {{ accounts if crosses else 'select id ' ~ changed ~ " and of = 'accounts'" }}
    {%- else %}
            union all {{ users }}
    {%- if crosses %}
            union all select profile_id from {{ members }} where account_id in ({{ accounts }})
    {%- endif %}
    {%- endif %}
        ) as changed (profile_id);
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
