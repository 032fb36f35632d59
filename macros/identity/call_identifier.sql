{#-
  The paths that identifiers of these types are read from, by the part of a call: `context`, `traits`, `properties`. Each part is
  read once, whatever the number of types; `call_identifier` reads the texts that were found, by place.
-#}
{% macro identifier_paths(types) -%}
    {%- set paths = {
        'context': [
            ['source'], ['traits', 'email'], ['device', 'type'], ['device', 'advertisingId'],
            ['device', 'adTrackingEnabled'], ['device', 'id'], ['device', 'token'], ['integrations', 'Google Analytics', 'clientId'],
        ],
        'traits': [['email']],
        'properties': [],
    } -%}
    {%- for type in types if type.read -%}
        {%- for key in type.read['keys'] if type.read.from == 'trait' -%}
            {%- do paths.context.append(['traits', key]) -%}
            {%- do paths.traits.append([key]) -%}
        {%- endfor -%}
        {%- for key in type.read['keys'] if type.read.from == 'property' -%}{%- do paths.properties.append([key]) -%}{%- endfor -%}
    {%- endfor -%}
    {{ return(paths) }}
{%- endmacro %}


{#-
  What a call says in the place of a type of identifier, as text; null where it says nothing.

  call   alias of calls with what was found of each part: `context_texts`, `trait_texts` (null of a group call, whose traits are the
         account's), `property_texts`, and `device_type`
  type   a mapping as `identifier_types` gives it
  paths  as `identifier_paths` gives them
-#}
{% macro call_identifier(call, type, paths) -%}
    {%- if type.name in ('user_id', 'anonymous_id') -%}{{ return(call ~ '.' ~ type.name) }}{%- endif -%}
    {%- if type.name == 'email' -%}{{ return(dbt_audiences._said_trait(call, ['email'], paths)) }}{%- endif -%}
    {%- if type.read -%}
        {%- if type.read.from == 'trait' -%}
            {{ return(dbt_audiences._plain(dbt_audiences._said_trait(call, type.read['keys'], paths))) }}
        {%- elif type.read.from == 'property' -%}
            {{ return(dbt_audiences._plain(dbt_audiences._first_said(call, 'property', [], type.read['keys'], paths.properties))) }}
        {%- endif -%}
        {%- set marks = {'type': type.read['keys'][0], 'collection': 'users', 'encoding': 'none'} -%}
        {{ return(dbt_audiences._plain(dbt_audiences.text_of_item(call ~ '.context', ['externalIds'], marks, 'id'))) }}
    {%- elif type.name == 'ga_client_id' -%}
        {{ return(dbt_audiences._said(call, 'context', ['integrations', 'Google Analytics', 'clientId'], paths.context)) }}
    {%- endif -%}
    {%- set device, name = type.name.split('.') -%}
    {%- set key = {'id': 'id', 'idfa': 'advertisingId', 'push_token': 'token'}[name] -%}
    {%- set text = dbt_audiences._said(call, 'context', ['device', key], paths.context) -%}
    {%- set is_of = call ~ ".device_type = '" ~ device ~ "'" -%}
    {%- if name == 'idfa' -%}
        {%- set allowed = dbt_audiences._said(call, 'context', ['device', 'adTrackingEnabled'], paths.context) -%}
        {%- set is_of = is_of ~ ' and ' ~ allowed ~ " = 'true'" -%}
    {%- endif -%}
    {{ return('case when ' ~ is_of ~ ' then ' ~ text ~ ' end') }}
{%- endmacro %}


{% macro _said(call, part, path, paths) -%}
    {{ return(call ~ '.' ~ part ~ '_texts[' ~ (paths.index(path) + 1) ~ ']') }}
{%- endmacro %}


{#- The first that a part says of keys, below a path. -#}
{% macro _first_said(call, part, below, keys, paths) -%}
    {%- set found = [] -%}
    {%- for key in keys -%}{%- do found.append(dbt_audiences._said(call, part, below + [key], paths)) -%}{%- endfor -%}
    {{ return(found | join(', ') if found | length == 1 else 'coalesce(' ~ found | join(', ') ~ ')') }}
{%- endmacro %}


{% macro _said_trait(call, keys, paths) -%}
    {%- set own = dbt_audiences._first_said(call, 'trait', [], keys, paths.traits) -%}
    {{ return('coalesce(' ~ own ~ ', ' ~ dbt_audiences._first_said(call, 'context', ['traits'], keys, paths.context) ~ ')') }}
{%- endmacro %}


{#- A field that holds true, false, an object or a list is no identifier: many would have the same. -#}
{% macro _plain(text) -%}
    {{ return('case when left(' ~ text ~ ", 1) not in ('{', '[') and " ~ text ~ " not in ('true', 'false') then " ~ text ~ ' end') }}
{%- endmacro %}
