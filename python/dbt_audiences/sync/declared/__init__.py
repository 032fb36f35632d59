"""Destination types that a file declares: templates rendered, requests sent, answers judged."""
