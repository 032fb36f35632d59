{#-
  What must hold at a destination, as a view that is made anew whatever became of the old one: on some engines it goes with a table
  that it read and that was replaced earlier in the same run, of which dbt's cache knows nothing.
-#}
{% materialization send, default %}
    {%- set view = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- call statement('main') -%}
        drop view if exists {{ view }} cascade;
        create view {{ view }} as
        {{ sql }}
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do apply_grants(view, config.get('grants'), should_revoke=false) -%}
    {%- do persist_docs(view, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [view]}) }}
{% endmaterialization %}
