"""Segment's query language, as its public API returns it: text -> tree (`tokens`, `parser`) -> our definitions (`audience`)."""
