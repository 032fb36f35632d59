{#-
  Whether the values of a SQL trait must be read anew at as_of.

  every         none, {'length': [count, unit]}, or {'minutes', 'hours', 'days', 'months', 'weekdays': lists of numbers; 'either': days
                or weekdays suffice}, in UTC
  refreshed_at  the as_of of the last good reading
-#}
{% macro sql_trait_is_due(every, refreshed_at) -%}
    {%- if every is none or refreshed_at is none or should_full_refresh() -%}{{ return(true) }}{%- endif -%}
    {%- if 'length' in every -%}
        {%- set next = dbt_audiences.shift(dbt_audiences.literal(refreshed_at, 'instant'), every['length'][0], every['length'][1]) -%}
        {{ return(run_query('select case when ' ~ next ~ ' <= ' ~ dbt_audiences.as_of() ~ ' then 1 else 0 end').rows[0][0] | int == 1) }}
    {%- endif -%}
    {%- set last = dbt_audiences._last_of_schedule(every) -%}
    {{ return(last is not none and last > refreshed_at) }}
{%- endmacro %}


{#- The latest instant of a schedule that is not after as_of. -#}
{% macro _last_of_schedule(every) -%}
    {%- set as_of = dbt_audiences.as_of_datetime() -%}
    {%- set found = namespace(at=none) -%}
    {%- for back in range(3000) if found.at is none -%}
        {%- set day = as_of.replace(hour=0, minute=0, second=0, microsecond=0) - modules.datetime.timedelta(days=back) -%}
        {%- if found.at is none and day.month in every['months'] and dbt_audiences._is_day_of_schedule(every, day) -%}
            {%- for hour in every['hours'] | reverse if found.at is none -%}
                {%- for minute in every['minutes'] | reverse if found.at is none -%}
                    {%- set at = day.replace(hour=hour, minute=minute) -%}
                    {%- if found.at is none and at <= as_of -%}{%- set found.at = at -%}{%- endif -%}
                {%- endfor -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found.at) }}
{%- endmacro %}


{% macro _is_day_of_schedule(every, day) -%}
    {%- set of_month, of_week = day.day in every['days'], day.isoweekday() % 7 in every['weekdays'] -%}
    {{ return(of_month or of_week if every['either'] else of_month and of_week) }}
{%- endmacro %}
