{#-
  An instant column by its distance from as_of, all bounds inclusive.

  operator  within_last [as_of - d, as_of], within_next [as_of, as_of + d], before_last (.., as_of - d], after_next [as_of + d, ..)
  duration  [count, unit]; months and years step from the value; calendar days are local days of `timezone`
-#}
{% macro relative_to_now(column, operator, duration, timezone='UTC') -%}
    {%- set as_of = dbt_audiences.as_of() -%}
    {%- set span = dbt_audiences._relative_span(column, operator, duration, timezone) -%}
    {%- set tests = [] -%}
    {%- if span['from'] -%}{%- do tests.append(span['from'] ~ ' <= ' ~ as_of) -%}{%- endif -%}
    {%- if span['last'] -%}{%- do tests.append(span['last'] ~ ' >= ' ~ as_of) -%}
    {%- elif span['until'] -%}{%- do tests.append(span['until'] ~ ' > ' ~ as_of) -%}{%- endif -%}
    {{ return(tests | join('\nand ')) }}
{%- endmacro %}


{#- A list of the instants after as_of at which `relative_to_now` changes for one value. -#}
{% macro relative_changes_at(column, operator, duration, timezone='UTC') -%}
    {%- set span = dbt_audiences._relative_span(column, operator, duration, timezone) -%}
    {%- set instants = [] -%}
    {%- for instant in [span['from'], span['until']] if instant -%}
        {%- do instants.append(dbt_audiences.later_than_as_of(instant)) -%}
    {%- endfor -%}
    {{ return(instants) }}
{%- endmacro %}


{#-
  The condition holds from the instant `from` (none: for ever before) and before the instant `until` (none: for ever), which is right
  after `last` where that is given.
-#}
{% macro _relative_span(column, operator, duration, timezone) -%}
    {%- set count, unit = duration[0], duration[1] -%}
    {%- if unit == 'calendar_days' -%}
        {%- set days = {
            'within_last': [0, count], 'within_next': [1 - count, 1], 'before_last': [count, none], 'after_next': [none, 1 - count]
        }[operator] -%}
        {%- set first = none if days[0] is none else dbt_audiences.local_midnight(column, days[0], timezone) -%}
        {%- set last = none if days[1] is none else dbt_audiences.local_midnight(column, days[1], timezone) -%}
        {{ return({'from': first, 'until': last}) }}
    {%- endif -%}
    {%- set later = dbt_audiences.shift(column, count, unit) -%}
    {%- set earlier = dbt_audiences.shift(column, count, unit, '-') -%}
    {%- set first, last = {
        'within_last': [column, later],
        'within_next': [earlier, column],
        'before_last': [later, none],
        'after_next': [none, earlier],
    }[operator] -%}
    {%- set until = dbt_audiences.shift(last, 1, 'microsecond') if last else none -%}
    {{ return({'from': first, 'last': last, 'until': until}) }}
{%- endmacro %}
