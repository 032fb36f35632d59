"""How much a plan would change, and the guards on that."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from dbt_audiences.core.project import RefuseAbove

DEFAULT_LEAVING_SHARE = Decimal("0.5")
SMALLEST_GUARDED = 100


@dataclass(frozen=True, slots=True)
class Sizes:
    """Profiles: those that the destination holds, and of those that differ, who enters, leaves, or changes only."""

    held: int
    entering: int
    leaving: int
    changing: int

    @property
    def differing(self) -> int:
        """Those that differ in any way."""
        return self.entering + self.leaving + self.changing


def refusal_of(sizes: Sizes, limits: RefuseAbove | None) -> str | None:
    """Why a sync of this size must not happen without a person's word, or None."""
    if limits is None or limits == RefuseAbove():
        limits = RefuseAbove(leaving_share=DEFAULT_LEAVING_SHARE) if sizes.held > SMALLEST_GUARDED else RefuseAbove()
    checks = (
        ("leave", sizes.leaving, limits.leaving_count, limits.leaving_share),
        ("enter", sizes.entering, limits.entering_count, limits.entering_share),
    )
    for verb, count, most, share in checks:
        if most is not None and count > most:
            return f"{count:,} profiles would {verb}, more than the {most:,} that `refuse_above` allows"
        if share is not None and sizes.held and Decimal(count) / sizes.held > share:
            part = f"{Decimal(count) / sizes.held:.1%}"
            return f"{count:,} of {sizes.held:,} profiles ({part}) would {verb}, more than the {share:.1%} that is allowed"
    return None
