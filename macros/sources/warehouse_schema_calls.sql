{#-
  Calls out of a schema that Segment's or RudderStack's warehouse destination fills: `tracks` and one table for each event,
  `identifies`, `pages`, `screens`, `groups`, `aliases`; `users` and `accounts` stand in where `identifies` and `groups` are absent.

  Every column of an event's table is a property under its own name (snake case there), and of `identifies` and `groups` a trait.

  schema  the schema's name; empty gives no row
  shape   see `call_columns`
-#}
{% macro warehouse_schema_calls(schema) -%}
    {%- set parts = [] -%}
    {%- if schema and execute -%}
        {%- set place = api.Relation.create(database=target.database, schema=schema) -%}
        {%- set tables = {} -%}
        {%- for row in list_relations_without_caching(place) -%}
            {%- do tables.update({row['name'] | lower: place.incorporate(path={'identifier': row['name']})}) -%}
        {%- endfor -%}
        {%- set kinds = {
            'identifies': 'identify', 'pages': 'page', 'screens': 'screen', 'groups': 'group', 'aliases': 'alias',
            'users': none if 'identifies' in tables else 'identify', 'accounts': none if 'groups' in tables else 'group',
        } -%}
        {%- for name, relation in tables.items() | sort -%}
            {%- if name == 'tracks' -%}
                {%- do parts.append(dbt_audiences._bare_tracks(relation, tables)) -%}
            {%- elif name not in kinds -%}
                {%- do parts.append(dbt_audiences._schema_table(relation, 'track', schema)) -%}
            {%- elif kinds.get(name) -%}
                {%- do parts.append(dbt_audiences._schema_table(relation, kinds[name], schema)) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ parts | reject('equalto', '') | join('\nunion all\n') or dbt_audiences.no_calls() }}
{%- endmacro %}


{#- One table as calls of one type; a table that lacks an `id` or a time of its own is none of the schema's. -#}
{% macro _schema_table(relation, type, schema) -%}
    {%- set types = {} -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}{%- do types.update({column.name | lower: column.dtype}) -%}{%- endfor -%}
    {%- set found = types.keys() | list -%}
    {%- if 'id' not in found or (type == 'track' and 'event' not in found) -%}{{ return('') }}{%- endif -%}
    {%- set is_profile = relation.identifier | lower in ('users', 'accounts') -%}
    {%- set at = 'timestamp' if 'timestamp' in found else 'received_at' -%}
    {%- set received_at = dbt_audiences.as_utc('t.received_at', types.received_at) if 'received_at' in found else none -%}
    {%- set row = 'cast(' ~ dbt_audiences.row_as_json('t') ~ ' as ' ~ dbt_audiences.json_type() ~ ')' -%}
    {%- set values = {
        'message_id': ("'" ~ relation.identifier ~ ":' || t.id") if is_profile else 't.id',
        'type': "'" ~ type ~ "'",
        'occurred_at': dbt_audiences.as_utc('t.' ~ adapter.quote(at), types.get(at)),
        'received_at': received_at,
        'user_id': 't.id' if relation.identifier | lower == 'users' else ('t.user_id' if 'user_id' in found else none),
        'anonymous_id': 't.anonymous_id' if 'anonymous_id' in found else none,
        'event': ('coalesce(t.event_text, t.event)' if 'event_text' in found else 't.event') if type == 'track' else none,
        'name': 't.name' if type in ('page', 'screen') and 'name' in found else none,
        'group_id': 't.id' if relation.identifier | lower == 'accounts' else ('t.group_id' if 'group_id' in found else none),
        'previous_id': 't.previous_id' if type == 'alias' and 'previous_id' in found else none,
        'properties': row if type in ('track', 'page', 'screen') else none,
        'traits': row if type in ('identify', 'group') else none,
        'source': "'" ~ schema ~ "'",
        'loaded_at': received_at,
    } -%}
    select
    {%- for name, kind in dbt_audiences.call_columns() %}
        cast({{ values.get(name) or 'null' }} as {{ kind }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
    from {{ relation }} as t
{%- endmacro %}


{#- Rows of `tracks` whose event has no table of its own: they have no properties. -#}
{% macro _bare_tracks(relation, tables) -%}
    {%- set calls = dbt_audiences._schema_table(relation, 'track', relation.schema) -%}
    {%- if not calls -%}{{ return('') }}{%- endif -%}
    {%- set named = [] -%}
    {%- for name in tables if name != 'tracks' -%}{%- do named.append(dbt_audiences.text_literal(name)) -%}{%- endfor -%}
    {{ return(calls ~ ('\n    where t.event not in (' ~ named | join(', ') ~ ')' if named else '')) }}
{%- endmacro %}
