{#- The advertising id that a call's device of this type (android, ios) names; null without one. -#}
{% macro call_advertising_id(call, device) -%}
    {%- set type = dbt_audiences.json_text_at(call ~ '.context', ['device', 'type']) -%}
    {%- set value = dbt_audiences.json_text_at(call ~ '.context', ['device', 'advertisingId']) -%}
    {{ return('case when ' ~ dbt_audiences.lowered(type) ~ " = '" ~ device ~ "' then nullif(" ~ value ~ ", '') end") }}
{%- endmacro %}
