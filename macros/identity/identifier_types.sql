{#-
  The types of identifiers of users, the one first that goes before the others where a call has several: it stands for the profile.

  identity  what identity.yml says, see `audiences_identity` of the project; none without one
  shape     a list of mappings: `name`, `column` (of stg_calls), `read` (where a type of the project's own is read from)
-#}
{% macro identifier_types(identity) -%}
    {%- set first = ['user_id', 'email', 'anonymous_id', 'android.idfa', 'ios.idfa'] -%}
    {%- set others = ['android.id', 'android.push_token', 'ga_client_id', 'ios.id', 'ios.push_token'] -%}
    {%- set custom = identity.custom if identity else {} -%}
    {%- set found = [] -%}
    {%- for name in first + ((others + custom | list) | sort) -%}
        {%- do found.append({
            'name': name,
            'column': ('custom_' ~ name) if name in custom else name.replace('.', '_'),
            'read': custom.get(name),
        }) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
