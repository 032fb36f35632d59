SCHEMAS = ("audience", "trait", "destination")
def json_schema(kind): return {}
