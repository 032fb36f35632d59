{#-
  A text as an identifier of this type, null where it is empty. Emails are trimmed and in lower case; spaces around a user_id, an
  anonymous_id or an idfa count, around all others they do not. identity.yml may say `lower_trim` or `phone` of any type.

  kind  a type of identifier; any other word leaves the text as it is
-#}
{% macro normalized_identifier(text, kind, identity) -%}
    {%- set said = identity.normalize.get(kind) if identity else none -%}
    {%- set as_written = ['', 'group_id', 'user_id', 'anonymous_id', 'android.idfa', 'ios.idfa'] -%}
    {%- set way = said or ('lower_trim' if kind == 'email' else none if kind in as_written else 'trim') -%}
    {%- if way == 'phone' -%}{{ return(dbt_audiences.phone_number(text, identity.phones.get(identity.regions.get(kind)))) }}{%- endif -%}
    {%- if way -%}
        {%- set blank = dbt_audiences.text_literal(' \t\r\n') -%}
        {%- set text = 'rtrim(ltrim(' ~ text ~ ', ' ~ blank ~ '), ' ~ blank ~ ')' -%}
    {%- endif -%}
    {%- if way == 'lower_trim' -%}{%- set text = dbt_audiences.lowered(text) -%}{%- endif -%}
    {{ return('nullif(' ~ text ~ ", '')") }}
{%- endmacro %}
