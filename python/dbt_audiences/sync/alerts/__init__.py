"""Alerts: what is found, what is told of it, and to whom."""
