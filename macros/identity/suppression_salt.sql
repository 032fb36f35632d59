{#- The salt of the hashes of suppressed identifiers; none where nothing is suppressed. -#}
{% macro suppression_salt() -%}
    {%- if not execute -%}{{ return(none) }}{%- endif -%}
    {%- set table = dbt_audiences.state_relation('suppressions') -%}
    {%- if adapter.get_relation(table.database, table.schema, table.identifier) is none -%}{{ return(none) }}{%- endif -%}
    {{ return(run_query('select max(salt) as salt from ' ~ table).rows[0][0]) }}
{%- endmacro %}


{% macro suppression_hash(type, value, salt) -%}
    {{ return(dbt_audiences.sha256_hex(dbt_audiences.text_literal(salt) ~ ' || ' ~ type ~ " || ':' || " ~ value)) }}
{%- endmacro %}


{#- The condition that an identifier was not forgotten, nor taken from its profile; true where nothing is suppressed. -#}
{% macro not_forgotten(type, value) -%}
    {%- set salt = dbt_audiences.suppression_salt() -%}
    {%- if salt is none -%}{{ return('true') }}{%- endif -%}
    {{ return(
        dbt_audiences.suppression_hash(type, value, salt) ~ ' not in (select hash from '
        ~ dbt_audiences.state_relation('suppressions') ~ " where cause <> 'suppressed')"
    ) }}
{%- endmacro %}
