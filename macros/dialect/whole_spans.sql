{#- How many whole spans ([count, unit] of fixed length) lie between two instants, as a whole number; cut towards zero. -#}
{% macro whole_spans(earlier, later, each) -%}
    {%- set seconds = {'seconds': 1, 'minutes': 60, 'hours': 3600, 'days': 86400, 'weeks': 604800}[each[1]] -%}
    {{ return(adapter.dispatch('whole_spans', 'dbt_audiences')(earlier, later, each[0] * seconds)) }}
{%- endmacro %}

{% macro default__whole_spans(earlier, later, seconds) -%}
    {{ return('cast(\n    div(extract(epoch from ' ~ later ~ ' - ' ~ earlier ~ '), ' ~ seconds ~ ') as bigint\n)') }}
{%- endmacro %}

{% macro duckdb__whole_spans(earlier, later, seconds) -%}
    {{ return('(epoch_us(' ~ later ~ ') - epoch_us(' ~ earlier ~ ')) // ' ~ seconds ~ '000000') }}
{%- endmacro %}
