{#-
  When an event is in a window, as SQL over its `occurred_at`.

  window  a mapping: `within` [count, unit], `between` [[count, unit] or none, [count, unit]] with the far end first, `since`
          (inclusive) and `until` (exclusive) as naive UTC texts, `timezone` for calendar days; `history`, the lower bound of all
          events that an audience reads: [count, unit], or the name of a CTE whose `starts_at` it is; `each` [count, unit, times],
          so many spans back from as_of without the first instant; all that is given must hold
  shape   a mapping: `filters` (a list that drops events for good), `enters_at` and `leaves_at` (the instants from and before
          which the event counts; `leaves_at` is none for ever). Both grow with `occurred_at`.
  bounds  closed at both ends, so an event leaves one microsecond after its last instant; calendar days leave at midnight
-#}
{% macro window_bounds(window) -%}
    {%- set as_of = dbt_audiences.as_of() -%}
    {%- set zone = window.get('timezone', 'UTC') -%}
    {%- set filters, enters, leaves = [], [], [] -%}
    {%- if window.get('within') -%}
        {%- do leaves.append(dbt_audiences._leaves_at(window['within'], zone)) -%}
        {%- do filters.append(dbt_audiences._still_in(window['within'], zone)) -%}
    {%- endif -%}
    {%- if window.get('between') -%}
        {%- set far, near = window['between'][0], window['between'][1] -%}
        {%- do enters.append(dbt_audiences._enters_at(near, zone)) -%}
        {%- if far is not none -%}
            {%- do leaves.append(dbt_audiences._leaves_at(far, zone)) -%}
            {%- do filters.append(dbt_audiences._still_in(far, zone)) -%}
        {%- endif -%}
    {%- endif -%}
    {%- if window.get('history') is string -%}
        {%- do filters.append('occurred_at >= (select starts_at from ' ~ window['history'] ~ ')') -%}
    {%- elif window.get('history') -%}
        {%- do leaves.append(dbt_audiences._leaves_at(window['history'], zone)) -%}
        {%- do filters.append(dbt_audiences._still_in(window['history'], zone)) -%}
    {%- endif -%}
    {%- if window.get('each') -%}
        {%- set count, unit, times = window['each'] -%}
        {%- do filters.append('occurred_at > ' ~ dbt_audiences.shift(as_of, count * times, unit, '-')) -%}
    {%- endif -%}
    {%- if window.get('since') -%}
        {%- do filters.append('occurred_at >= ' ~ dbt_audiences.literal(window['since'], 'instant')) -%}
    {%- endif -%}
    {%- if window.get('until') -%}
        {%- do filters.append('occurred_at < ' ~ dbt_audiences.literal(window['until'], 'instant')) -%}
    {%- endif -%}
    {{ return({
        'filters': filters,
        'enters_at': enters[0] if enters else 'occurred_at',
        'leaves_at': dbt_audiences.earliest(leaves) if leaves else none,
    }) }}
{%- endmacro %}


{#- A filter that drops what left the window; for fixed units and months it is a plain bound, which prunes. -#}
{% macro _still_in(duration, zone) -%}
    {%- set as_of = dbt_audiences.as_of() -%}
    {%- set count, unit = duration[0], duration[1] -%}
    {%- if unit == 'calendar_days' -%}
        {{ return('occurred_at >= ' ~ dbt_audiences.local_midnight(as_of, 1 - count, zone)) }}
    {%- elif unit in ('months', 'years') -%}
        {{ return(dbt_audiences.shift('occurred_at', count, unit) ~ ' >= ' ~ as_of) }}
    {%- endif -%}
    {{ return('occurred_at >= ' ~ dbt_audiences.shift(as_of, count, unit, '-')) }}
{%- endmacro %}


{% macro _leaves_at(duration, zone) -%}
    {%- if duration[1] == 'calendar_days' -%}
        {{ return(dbt_audiences.local_midnight('occurred_at', duration[0], zone)) }}
    {%- endif -%}
    {%- set last = dbt_audiences.shift('occurred_at', duration[0], duration[1]) -%}
    {{ return(dbt_audiences.shift(last, 1, 'microsecond')) }}
{%- endmacro %}


{% macro _enters_at(duration, zone) -%}
    {%- if duration[1] == 'calendar_days' -%}
        {{ return(dbt_audiences.local_midnight('occurred_at', duration[0], zone)) }}
    {%- endif -%}
    {{ return(dbt_audiences.shift('occurred_at', duration[0], duration[1])) }}
{%- endmacro %}
