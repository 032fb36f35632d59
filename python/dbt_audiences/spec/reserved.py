"""Names that a key may not have, because the package publishes or generates tables of that name."""

from __future__ import annotations

RESERVED = frozenset({
    "account_members", "account_traits", "accounts", "acknowledged", "alert_states", "approvals", "computations",
    "connections", "deliveries", "destination_limits", "evaluations", "holdouts", "identifier_breakdown",
    "identifier_components", "identity_seen", "identity_violations", "keys", "membership_changes", "memberships",
    "notifications", "profile_identifiers", "profile_merges", "profiles", "requests", "runs", "source_counts", "state_version",
    "traits", "user_traits",
})  # fmt: skip
PREFIXES = ("stg_", "events_", "trait_", "send_", "requires_", "calls_")


def reserved_reason(key: str) -> str | None:
    """Why the key is taken, or None."""
    if key == "custom":
        return "`custom` stands for custom traits, as in `custom.plan`"
    if key in RESERVED:
        return f"`{key}` is the name of a table that the package publishes"
    prefix = next((prefix for prefix in PREFIXES if key.startswith(prefix)), None)
    return None if prefix is None else f"keys that begin with `{prefix}` are the package's own tables"
