"""Every single fault of the compiled SQL that the tests can be shown, and whether they notice it: run by hand, not in CI.

    python -m tests.integration.mutation          every fault
    python -m tests.integration.mutation 10       every tenth of them

A fault changes one operator, bound, default, function or clause of one model: an audience, a computed trait, a narrow table
of events or of a trait, or the members of accounts. It is noticed when the changed SQL says otherwise than a truth row or the
reference interpreter, breaks the contract of `changes_at` (to come, and never later than the answer changes), or cannot be
run. Queries that the same lines of macros wrote differ in names and literals only: their faults are one, and it is noticed
when any of them is.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator

from tests.integration.agreement import compiled
from tests.integration.mutation_corpus import Session, corpus, sessions
from tests.integration.sql_mutants import Mutant, mutants

from dbt_audiences.flow.evaluate import Evaluator

MOST_INSTANCES = 6
"""How many queries are tried for one fault until it is noticed."""
NOT_JUDGED = ("calls_", "stg_", "profile", "identifier_links", "memberships")
"""Models before those that definitions make: they have tests of their own."""


def main() -> None:
    """Try the faults; the exit code is 1 when fewer than 95 of 100 are noticed."""
    step = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    started = time.process_time()
    made, truths, scenarios = corpus()
    with compiled(made) as evaluator:
        asked = list(sessions(evaluator, truths, scenarios))
        faults = list(_faults(evaluator).items())[::step]
        survived = []
        for number, (place, instances) in enumerate(faults):
            if not any(_is_noticed(asked, name, mutant) for name, mutant in instances):
                survived.append((place, instances[0]))
                _say(f"survived: {instances[0][0]}: {instances[0][1].change}: {instances[0][1].line}")
            if number % 500 == 499:
                _say(f"{number + 1} of {len(faults)} tried, {len(survived)} survived")
        for session in asked:
            session.close()
    noticed = len(faults) - len(survived)
    _say(f"{len(made)} definitions; {noticed} of {len(faults)} faults noticed, {100 * noticed / len(faults):.1f} %")
    _say(f"{time.process_time() - started:.0f} seconds of one core")
    for change, count in Counter(mutant.change for _, (_, mutant) in survived).most_common():
        _say(f"  {count:4} survived: {change}")
    sys.exit(noticed < 0.95 * len(faults))


def _faults(evaluator: Evaluator) -> dict[tuple[str, int], list[tuple[str, Mutant]]]:
    """Fault -> some models that have it, spread over all that do."""
    found: dict[tuple[str, int], list[tuple[str, Mutant]]] = {}
    for name, sql in evaluator.models.items():
        if not name.startswith(NOT_JUDGED):
            for mutant in mutants(sql):
                found.setdefault(mutant.place, []).append((name, mutant))
    return {place: list(_spread(instances)) for place, instances in found.items()}


def _spread(instances: list[tuple[str, Mutant]]) -> Iterator[tuple[str, Mutant]]:
    yield from instances[:: max(1, len(instances) // MOST_INSTANCES)][:MOST_INSTANCES]


def _is_noticed(asked: list[Session], name: str, mutant: Mutant) -> bool:
    return any(session.notices(name, mutant) for session in asked)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
