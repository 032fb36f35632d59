"""Types, errors and protocols that every layer shares."""
