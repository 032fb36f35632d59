"""Every comparison with every value near it: a dense grid of drawn comparisons and JSON values, against the reference."""

from __future__ import annotations

import os

from tests.integration.agreement_batches import Tally, check_batch
from tests.integration.agreement_families import draw_values

SEED = int(os.environ.get("AUDIENCES_AGREEMENT_SEED", "20260310"))
COMPARISONS = 120


def test_the_sql_compares_as_the_reference_does() -> None:
    tally = Tally()
    told = check_batch(draw_values(SEED, COMPARISONS, ["trait"], later=0), tally)
    assert not told, f"{len(told)} findings in {tally}, of which some:\n\n" + "\n".join(told)
