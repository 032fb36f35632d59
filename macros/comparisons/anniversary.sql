{#-
  Whether the month and day of an instant come round within the next local days, today among them; years do not matter, and
  29 February comes on the 28th where there is none.

  days      how many days after today still count
  timezone  whose today it is; the instant's own month and day are read in UTC, in which a bare date is the day it says
-#}
{% macro anniversary(column, days, timezone='UTC') -%}
    {%- set today = dbt_audiences.local_part(dbt_audiences.as_of(), 'day', timezone) -%}
    {{ return(
        dbt_audiences._next_anniversary(column, today) ~ '\n<= ' ~ dbt_audiences.shift(today, days, 'days')
    ) }}
{%- endmacro %}


{#- A list of the instants after as_of at which `anniversary` changes for one value: the window's first instant, and its last day's end. -#}
{% macro anniversary_changes_at(column, days, timezone='UTC') -%}
    {%- set today = dbt_audiences.local_part(dbt_audiences.as_of(), 'day', timezone) -%}
    {%- set next = dbt_audiences._next_anniversary(column, today) -%}
    {%- set instants = [] -%}
    {%- for shifted in [dbt_audiences.shift(next, days, 'days', '-'), dbt_audiences.shift(next, 1, 'day')] -%}
        {%- do instants.append(dbt_audiences.later_than_as_of(dbt_audiences.first_instant(shifted, timezone))) -%}
    {%- endfor -%}
    {{ return(instants) }}
{%- endmacro %}


{#- The day on which a value comes round next, today or later. -#}
{% macro _next_anniversary(column, today) -%}
    {%- set day = "date_trunc('day', " ~ column ~ ')' -%}
    {%- set years = '(extract(year from ' ~ today ~ ') - extract(year from ' ~ column ~ '))' -%}
    {%- set this_year = dbt_audiences.years_later(day, years) -%}
    {%- set next_year = dbt_audiences.years_later(day, '(' ~ years ~ ' + 1)') -%}
    {{ return('case\n    when ' ~ this_year ~ ' >= ' ~ today ~ '\n        then ' ~ this_year ~ '\n    else ' ~ next_year ~ '\nend') }}
{%- endmacro %}
