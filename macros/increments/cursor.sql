{#- Where the last evaluation of a model stood, as a mapping; none before the first. -#}
{% macro _cursor(name) -%}
    {%- set rows = run_query(
        'select number, as_of, fingerprint from ' ~ dbt_audiences.state_relation('cursors')
        ~ ' where model = ' ~ dbt_audiences.text_literal(name)
    ).rows -%}
    {%- if rows | length == 0 -%}{{ return(none) }}{%- endif -%}
    {{ return({'number': rows[0][0] | int, 'as_of': rows[0][1], 'fingerprint': rows[0][2]}) }}
{%- endmacro %}


{#- A model's query as a run evaluates it: with the filters of `in_scope` open, unless it looks at all. -#}
{% macro scoped_query(sql, scope) -%}
    {%- if scope.is_full -%}{{ return(sql) }}{%- endif -%}
    {{ return(modules.re.sub('/\\* (and \\S+ in \\(select profile_id from scope\\)) \\*/', '\\1', sql)) }}
{%- endmacro %}


{#- Statements that drop from the log what every enabled model has seen, once there is much of it. A model that comes back looks at all. -#}
{% macro prune_changed_entities(most=1000000) -%}
    {%- if not execute -%}{{ return('select 1') }}{%- endif -%}
    {%- set log = dbt_audiences.state_relation('changed_entities') -%}
    {%- if adapter.get_relation(log.database, log.schema, log.identifier) is none
        or run_query('select count(*) from ' ~ log).rows[0][0] | int <= most -%}
        {{ return('select 1') }}
    {%- endif -%}
    {%- set names = [] -%}
    {%- for node in graph.nodes.values() if node.config.materialized in ('audience', 'computed_trait') -%}
        {%- do names.append(dbt_audiences.text_literal(node.name)) -%}
    {%- endfor -%}
    {%- set seen = run_query(
        'select coalesce(min(number), 0) from ' ~ dbt_audiences.state_relation('cursors') ~ ' where model in (' ~ (names or ["''"]) | join(', ') ~ ')'
    ).rows[0][0] | int -%}
    {%- call statement('pruned') -%}
        delete from {{ log }} where number <= {{ seen }};
        insert into {{ log }} (number, model, of, id) values ({{ seen }}, '*', 'users', null);
    {%- endcall -%}
    {%- do adapter.commit() -%}
    {{ return('select 1') }}
{%- endmacro %}
