"""Brings destinations up to date: plans, guards, sends, and keeps the ledger of what was acknowledged."""
