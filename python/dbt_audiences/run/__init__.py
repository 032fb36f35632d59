"""dbt and the warehouse: the only place that knows either."""
