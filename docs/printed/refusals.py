"""What is known by name and refused."""

from __future__ import annotations


def not_supported_page() -> str:
    """What cannot be built yet."""
    return "\n\n".join(
        [
            "# Not supported yet",
            "The whole language of audiences and traits is built. Refused by name, with exit code 2 and never ignored, is "
            "`tracking_plan.yml`: names and types of events and properties, judged at load.",
        ]
    )
