{#- The columns of a call, in the order in which every source gives them, with their types. -#}
{% macro call_columns() -%}
    {{ return([
        ('message_id', 'text'), ('type', 'text'), ('occurred_at', 'timestamp'), ('received_at', 'timestamp'), ('user_id', 'text'),
        ('anonymous_id', 'text'), ('event', 'text'), ('name', 'text'), ('group_id', 'text'), ('previous_id', 'text'),
        ('properties', dbt_audiences.json_type()), ('traits', dbt_audiences.json_type()), ('context', dbt_audiences.json_type()),
        ('source', 'text'), ('loaded_at', 'timestamp'),
    ]) }}
{%- endmacro %}


{#- A query of these columns without a row. -#}
{% macro no_calls() -%}
select
{%- for name, type in dbt_audiences.call_columns() %}
    cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
{%- endfor %}
where false
{%- endmacro %}
