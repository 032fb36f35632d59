{#-
  The one instant that a run speaks of, as SQL: the variable `as_of` (ISO 8601), else the start of dbt's run.

  shape   a naive timestamp in UTC, to the microsecond
-#}
{% macro as_of() -%}
    {{ return(dbt_audiences.literal(dbt_audiences.as_of_datetime(), 'instant')) }}
{%- endmacro %}


{#- The same as a naive datetime in UTC. -#}
{% macro as_of_datetime() -%}
    {%- set given = var('as_of', none) -%}
    {%- set utc = modules.pytz.utc -%}
    {%- if given is none -%}
        {{ return(run_started_at.astimezone(utc).replace(tzinfo=none)) }}
    {%- endif -%}
    {%- set instant = modules.datetime.datetime.fromisoformat(given | string) -%}
    {%- if instant.tzinfo is not none -%}
        {%- set instant = instant.astimezone(utc).replace(tzinfo=none) -%}
    {%- endif -%}
    {{ return(instant) }}
{%- endmacro %}
