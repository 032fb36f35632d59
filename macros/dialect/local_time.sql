{#- The local hour (0 to 23), weekday (`monday` to `sunday`) or day (its midnight, as a naive timestamp) of an instant in UTC. -#}
{% macro local_part(instant, part, timezone='UTC') -%}
    {{ return(adapter.dispatch('local_part', 'dbt_audiences')(instant, part, timezone)) }}
{%- endmacro %}

{% macro default__local_part(instant, part, timezone) -%}
    {%- set local = '(' ~ instant ~ ") at time zone 'UTC' at time zone " ~ dbt_audiences.text_literal(timezone) -%}
    {%- if part == 'hour' -%}{{ return('extract(hour from ' ~ local ~ ')') }}{%- endif -%}
    {%- if part == 'day' -%}{{ return("date_trunc('day', " ~ local ~ ')') }}{%- endif -%}
    {%- set days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] -%}
    {{ return("(array['" ~ days | join("', '") ~ "'])[cast(extract(isodow from " ~ local ~ ') as integer)]') }}
{%- endmacro %}


{#- A day moved by a computed number of years; 29 February becomes the 28th where there is none. -#}
{% macro years_later(day, years) -%}
    {{ return(adapter.dispatch('years_later', 'dbt_audiences')(day, years)) }}
{%- endmacro %}

{% macro default__years_later(day, years) -%}
    {{ return(day ~ ' + ' ~ years ~ " * interval '1 year'") }}
{%- endmacro %}


{#- The first instant, in UTC, of a local day that is given by its midnight. -#}
{% macro first_instant(midnight, timezone) -%}
    {{ return(adapter.dispatch('first_instant', 'dbt_audiences')(midnight, timezone)) }}
{%- endmacro %}

{% macro default__first_instant(midnight, timezone) -%}
    {%- set zone = dbt_audiences.text_literal(timezone) -%}
    {%- set before = '(' ~ dbt_audiences.shift(midnight, 1, 'microsecond', '-') ~ ')' -%}
    {%- set to_utc = ' at time zone ' ~ zone ~ " at time zone 'UTC'" -%}
    {#-
      Where clocks go back from 1:00 there are two midnights, and engines take the later: the microsecond before is one. Where they
      go on to 0:00 there is no such microsecond, and midnight is right. A gap around midnight would need more: none since 1970.
    -#}
    {{ return(dbt_audiences.earliest(['(' ~ midnight ~ ')' ~ to_utc, before ~ to_utc ~ " + interval '1 microsecond'"])) }}
{%- endmacro %}
