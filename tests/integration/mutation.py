"""Every single fault of the compiled SQL that the tests can be shown, and whether they notice it: run by hand, not in CI.

    python -m tests.integration.mutation                every fault
    python -m tests.integration.mutation 10             every tenth of them
    python -m tests.integration.mutation 700:1          all from the 701st on
    python -m tests.integration.mutation 1 step_line    every fault of one macro

A fault changes one operator, bound, default, function or clause of one model: an audience, a computed trait, a narrow table
of events or of a trait, or the members of accounts. It is noticed when the changed SQL says otherwise than a truth row or the
reference interpreter, breaks the contract of `changes_at` (to come, and never later than the answer changes), or cannot be
run. What the same piece of a macro wrote differs in names and literals only from query to query: its faults are one, and it is
noticed when any of them is.
"""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from unittest.mock import patch

from tests.integration.agreement import compiled, list_files
from tests.integration.agreement_scenarios import Scenario
from tests.integration.marked_macros import marked
from tests.integration.mutation_corpus import Session, Verdict, corpus, drawn_again, sessions
from tests.integration.mutation_equivalents import EQUIVALENT
from tests.integration.sql_mutants import Mutant, Place, mutants

from dbt_audiences.compile.steps import links
from dbt_audiences.flow.evaluate import Evaluator

MOST_INSTANCES, MOST_COLUMNS = 60, 40
"""How many audiences and columns of tables are tried for one fault until it is noticed."""
MOST_AGAIN = 3
"""For how many audiences more people are drawn where a fault was not noticed."""
FEW, MOST_TOLD = 8, 200
Instance = tuple[str, Mutant]
"""A model and a faulty query of it."""
WORD = re.compile(r"\w+")
NOT_JUDGED = ("calls_", "stg_", "profile", "identi", "memberships", "accounts")
"""Models before those that definitions make: they have tests of their own."""
FOR_STATUS = ("unreadable_columns",)
"""Macros of what is told beside the answer: they have tests of their own."""
OF_TREES = re.compile(r"s\d+_")
"""Definitions that nest many conditions, of which hardly anybody is decided by one alone."""


def main() -> None:
    """Try the faults; the exit code is 1 when fewer than 95 of 100 are noticed."""
    start, _, step = (sys.argv[1] if len(sys.argv) > 1 else "1").rpartition(":")
    macros = set(sys.argv[2:])
    started = time.process_time()
    made = corpus()
    with marked(), patch.object(links, "HEAVY", 2), compiled(made.definitions, list_files(made.lists)) as evaluator:
        asked = list(sessions(evaluator, made.truths, made.scenarios))
        of_macros = [one for one in _faults(evaluator).items() if not macros or one[0][1] in macros]
        faults = of_macros[int(start or 0) :: int(step)]
        told: Counter[str] = Counter()
        scenario_of = {key: one for one in made.scenarios for key in one.audiences}
        for number, (place, instances) in enumerate(faults):
            is_listed = place in EQUIVALENT
            verdict: str = _verdict(asked, instances[:FEW] if is_listed else instances)
            if verdict != "wrong":
                verdict = "no fault" if is_listed else _verdict_again(evaluator, scenario_of, instances, verdict)
            told[verdict] += 1
            if verdict != "wrong":
                name, mutant = instances[0]
                why = f" ({EQUIVALENT[place]})" if verdict == "no fault" else ""
                _say(f"{verdict}: {place} in {name}: {mutant.line[:MOST_TOLD]}{why}")
            if number % 100 == 99:
                _say(f"{number + 1} of {len(faults)} tried: {dict(told)}")
        for session in asked:
            session.close()
    faulty = len(faults) - told["earlier"] - told["no fault"]
    seconds = time.process_time() - started
    _say(f"{len(made.definitions)} definitions, {len(faults)} changes of their SQL, {seconds:.0f} seconds")
    _say(f"{told['earlier']} only name an instant earlier, which is allowed; {told['no fault']} change nothing that is said")
    _say(f"{told['wrong']} of {faulty} faults noticed, {100 * told['wrong'] / faulty:.1f} %")
    sys.exit(told["wrong"] < 0.95 * faulty)


def _faults(evaluator: Evaluator) -> dict[Place, list[Instance]]:
    """Fault -> some models that have it, spread over all that do."""
    found: dict[Place, list[Instance]] = {}
    for name, sql in evaluator.models.items():
        if not name.startswith(NOT_JUDGED):
            for mutant in mutants(sql):
                if mutant.place[1] not in FOR_STATUS:
                    found.setdefault(mutant.place, []).append((name, mutant))
    shown = _shown(found)
    found = {place: instances for place, instances in found.items() if place in shown}
    asked = Counter(word for sql in evaluator.models.values() for word in set(WORD.findall(sql)))
    return {place: _spread(instances, evaluator, asked) for place, instances in found.items()}


def _shown(found: dict[Place, list[Instance]]) -> set[Place]:
    """Places in definitions of few conditions, and those only in trees that have no like there."""
    alone = {place for place, instances in found.items() if not all(OF_TREES.match(name) for name, _ in instances)}
    like = {(change, macro) for change, macro, _ in alone}
    return {place for place in found if place in alone or place[:2] not in like}


def _spread(instances: list[Instance], evaluator: Evaluator, asked: Counter[str]) -> list[Instance]:
    """Some of the audiences, each once; of tables the columns that most queries ask for."""
    of_tables = [one for one in instances if one[0] not in evaluator.audiences]
    of_tables.sort(key=lambda one: -asked[one[1].column or ""])
    found = {(name, mutant.column): (name, mutant) for name, mutant in of_tables}
    of_audiences = [one for one in instances if one[0] in evaluator.audiences]
    firsts = {name: (name, mutant) for name, mutant in reversed(of_audiences)}
    audiences = [*firsts.values(), *(one for one in of_audiences if one[1] is not firsts[one[0]][1])]
    chosen = audiences[:: max(1, -(-len(audiences) // MOST_INSTANCES))]
    return [*chosen, *list(found.values())[:MOST_COLUMNS]]


def _verdict(asked: list[Session], instances: list[Instance]) -> Verdict:
    """The worst that is said of any instance."""
    found: Verdict = "the same"
    for name, mutant in instances:
        for session in asked:
            verdict = session.verdict(name, mutant)
            if verdict == "wrong":
                return verdict
            found = verdict if verdict == "earlier" else found
    return found


def _verdict_again(evaluator: Evaluator, scenario_of: dict[str, Scenario], instances: list[Instance], found: str) -> str:
    """What is said of a few audiences that have the fault when many more people are drawn for each."""
    asked = dict.fromkeys(name for name, _ in instances if name in scenario_of)
    for name in list(asked)[:MOST_AGAIN]:
        for session in drawn_again(evaluator, scenario_of[name], name):
            try:
                told = {session.verdict(name, mutant) for one, mutant in instances if one == name}
            finally:
                session.close()
            if "wrong" in told:
                return "wrong"
    return found


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
