"""Models built without dbt, by the same macros: rendered here, and run over the connection that is open."""
