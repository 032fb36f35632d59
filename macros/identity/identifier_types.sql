{#-
  The types of identifiers of users, the one first that goes before the others where a call has several: it stands for the profile.

  identity  what identity.yml says, see `audiences_identity` of the project; none without one
  shape     a list of mappings: `name`, `column` (of stg_calls), `read` (where a type of the project's own is read from), `limit`
            (`count` and `period` of the values that a profile may have of it, or none), `is_blocked` (whether any value is)
-#}
{% macro identifier_types(identity) -%}
    {%- set first = ['user_id', 'email'] -%}
    {%- set others = [
        'android.id', 'android.idfa', 'android.push_token', 'anonymous_id', 'ga_client_id', 'ios.id', 'ios.idfa', 'ios.push_token',
    ] -%}
    {%- set custom = identity.custom if identity else {} -%}
    {%- set said = identity.limits if identity else {} -%}
    {%- set first = (identity.priority + first) | unique | list if identity else first -%}
    {%- set found = [] -%}
    {%- for name in first + ((others + custom | list) | reject('in', first) | sort) -%}
        {%- do found.append({
            'name': name,
            'column': ('custom_' ~ name) if name in custom else name.replace('.', '_'),
            'read': custom.get(name),
            'is_blocked': dbt_audiences.blocked_identifier('', name, identity) is not none,
            'limit': said[name] if name in said else {'count': 1 if name == 'user_id' else 5, 'period': none},
        }) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{#- What no profile may exceed, whatever the types: `merges`, `identifiers`, `shared_by`; none is no limit. -#}
{% macro profile_limits(identity) -%}
    {{ return(identity.profile_limits if identity else {'merges': 100, 'identifiers': 1000, 'shared_by': 1000}) }}
{%- endmacro %}
