{#-
  A relation, or the one beside it that `audiences identity rebuild` has built first and compares with it: nobody else reads that.
-#}
{% macro previewed(relation) -%}
    {%- if not var('audiences_identity_preview', false) -%}{{ return(relation) }}{%- endif -%}
    {{ return(relation.incorporate(path={'identifier': relation.identifier ~ '_preview'})) }}
{%- endmacro %}
