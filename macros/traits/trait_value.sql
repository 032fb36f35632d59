{#-
  The value of a computed trait as JSON text, by its function, over the rows of `trait_values_found` (of `trait_rows` for `count`).

  shape   profile_id, value; one row for each entity with a value, and for a sum that is too large for a number: null
  ties    most_frequent takes the first in code-point order; first and last go by time, then by arrival (none first), then by
          message, then by the place in the array; of several JSON forms of one text the smallest by code point is kept
-#}
{% macro trait_value(function, rows, type='number', at_least=1, order=[]) -%}
    {%- set found = 'found_' ~ type -%}
    {%- if function == 'count' -%}
    select
        profile_id,
        cast(count(*) as {{ dbt.type_string() }}) as value
    from {{ rows }}
    where is_current
    group by profile_id
    {%- elif function == 'unique_count' -%}
    select
        profile_id,
        cast(count(distinct found_text) as {{ dbt.type_string() }}) as value
    from {{ rows }}
    group by profile_id
    {%- elif function in ('sum', 'avg') -%}
    select
        profile_id,
        {{ dbt_audiences.number_text('total') }} as value
    from (
        {{ dbt_audiences.exact_total(function, found, rows) | indent(8) }}
    ) as exact
    {%- elif function in ('min', 'max') -%}
    {{ dbt_audiences._extreme(function, rows, type) }}
    {%- elif function in ('first', 'last') -%}
    {{ dbt_audiences._outermost(function, rows, order) }}
    {%- else -%}
    {{ dbt_audiences._of_texts(function, rows, at_least) }}
    {%- endif -%}
{%- endmacro %}


{% macro _extreme(function, rows, type) -%}
    {%- set value = dbt_audiences.by_code_point('found_text') if type == 'text' else 'found_' ~ type -%}
    select
        profile_id,
        {{ {
            'number': dbt_audiences.number_text('extreme'),
            'text': dbt_audiences.json_quoted('extreme'),
            'instant': dbt_audiences.json_quoted(dbt_audiences.instant_text('extreme')),
        }[type] }} as value
    from (
        select
            profile_id,
            {{ function }}({{ value }}) as extreme
        from {{ rows }}
        group by profile_id
    ) as extremes
{%- endmacro %}


{% macro _outermost(function, rows, order) -%}
    {%- set desc = ' desc' if function == 'last' else '' -%}
    {%- set received = order[0] -%}
    {%- set keys = ['occurred_at', 'case when ' ~ received ~ ' is null then 0 else 1 end', received,
        dbt_audiences.by_code_point('message_id')] + order[1:] -%}
    select
        profile_id,
        found_json as value
    from (
        select
            profile_id,
            found_json,
            row_number() over (
                partition by profile_id
                order by
                    {{ keys | join(desc ~ ',\n                    ') }}{{ desc }}
            ) as place
        from {{ rows }}
    ) as placed
    where place = 1
{%- endmacro %}


{#- Texts that occur, each once with its smallest JSON form. -#}
{% macro _of_texts(function, rows, at_least) -%}
    {%- set text = dbt_audiences.by_code_point('found_text') -%}
    select
        profile_id,
        {%- if function == 'unique' %}
        '[' || string_agg(form, ',' order by {{ text }}) || ']' as value
        {%- else %}
        max(case when place = 1 then form end) as value
        {%- endif %}
    from (
        select
            profile_id,
            found_text,
            min({{ dbt_audiences.by_code_point('found_json') }}) as form,
            row_number() over (partition by profile_id order by count(*) desc, {{ text }}) as place
        from {{ rows }}
        group by profile_id, found_text
        {%- if function == 'most_frequent' %}
        having count(*) >= {{ at_least }}
        {%- endif %}
    ) as forms
    group by profile_id
{%- endmacro %}
