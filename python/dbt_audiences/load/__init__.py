"""Segment-spec calls and people from files into the raw tables."""
