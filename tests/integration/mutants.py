"""Deliberate faults in copies of the macros, each of which the agreement tests must notice: run by hand, not in CI.

    python -m tests.integration.mutants            every fault, two at a time
    python -m tests.integration.mutants month_ends those whose name has this in it

Result: each of the 37 was noticed, tried in several runs while the tests grew. 32 by a row of a truth table and one,
`keys_split_at_dots`, by an error of the SQL; `not_without_coalesce`, `flip_one_event_late`, `traits_of_the_future` and
`trait_changes_forgotten` by drawn scenarios. A fault is tried until the first test fails; later ones might notice it too.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from dbt_audiences.run.packages import package_path

TESTS = [f"tests/integration/test_agreement{part}.py" for part in ("_truths", "_values", "")]
SCENARIOS = "40"
AT_ALL, TIMES, TURNING = (f"macros/conditions/performed_{name}.sql" for name in ("at_all", "times", "turning"))
TRAIT, WINDOWS = "macros/conditions/trait.sql", "macros/windows/window_bounds.sql"
PRIMITIVES, DUCKDB = "macros/dialect/primitives.sql", "macros/dialect/duckdb.sql"
RELATIVE, TEXT_FOUND = "macros/comparisons/relative_to_now.sql", "macros/comparisons/text_found.sql"
COMPARED, ONE_OF = "macros/comparisons/compared.sql", "macros/comparisons/one_of.sql"
TYPED, TRAIT_VALUES = "macros/events/typed_value.sql", "macros/traits/custom_trait_values.sql"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One text of one file replaced by another, wherever it stands."""

    name: str
    path: str
    old: str
    new: str


MUTANTS = [
    Mutant(
        "window_start_excluded",
        WINDOWS,
        "return('occurred_at >= ' ~ dbt_audiences.shift",
        "return('occurred_at > ' ~ dbt_audiences.shift",
    ),
    Mutant("since_excluded", WINDOWS, "'occurred_at >= ' ~ dbt_audiences.literal", "'occurred_at > ' ~ dbt_audiences.literal"),
    Mutant("until_included", WINDOWS, "'occurred_at < '", "'occurred_at <= '"),
    Mutant("month_window_start_excluded", WINDOWS, "count, unit) ~ ' >= ' ~ as_of", "count, unit) ~ ' > ' ~ as_of"),
    Mutant(
        "months_of_thirty_days",
        PRIMITIVES,
        "~ count ~ ' ' ~ unit ~",
        "~ (count * 30 ~ ' days' if unit == 'months' else count ~ ' ' ~ unit) ~",
    ),
    Mutant(
        "calendar_days_in_utc",
        PRIMITIVES,
        "{%- set zone = dbt_audiences.text_literal(timezone) -%}",
        "{%- set zone = \"'UTC'\" -%}",
    ),
    Mutant("second_of_two_midnights", PRIMITIVES, ", before ~ to_utc ~ \" + interval '1 microsecond'\"])", "])"),
    Mutant("midnight_after_a_gap", PRIMITIVES, "earliest(['(' ~ midnight ~ ')' ~ to_utc, before", "earliest([before"),
    Mutant("at_all_leaves_late", AT_ALL, "min({{ enters | indent(12) }})", "null"),
    Mutant("month_turns_forgotten", RELATIVE, "[span['from'], span['until']]", "[span['from']]"),
    Mutant("as_of_excluded", AT_ALL, "enters ~ ' <= ' ~ dbt_audiences.as_of()", "enters ~ ' < ' ~ dbt_audiences.as_of()"),
    Mutant("future_events_counted", AT_ALL, "enters ~ ' <= ' ~ dbt_audiences.as_of()", "enters ~ ' is not null'"),
    Mutant("one_more_than_at_least", TIMES, "'times >= '", "'times > '"),
    Mutant("at_most_excluded", TIMES, "'times <= '", "'times < '"),
    Mutant("flip_one_event_late", TIMES, "' and nth = times - ' ~ (threshold - 1)", "' and nth = times - ' ~ (threshold - 2)"),
    Mutant("relative_filters_never_turn", TURNING, "bounds['leaves_at']] + turns", "bounds['leaves_at']]"),
    Mutant(
        "not_without_coalesce",
        "macros/conditions/not_true.sql",
        "laid_out('coalesce(', [test, 'false'], ')')",
        "laid_out('(', [test], ')')",
    ),
    Mutant("traits_of_the_future", TRAIT, "'valid_from <= ' ~ as_of", "'true'"),
    Mutant(
        "trait_changes_forgotten", TRAIT, "[dbt_audiences.later_than_as_of('valid_from')] + turns", "[dbt_audiences.never()]"
    ),
    Mutant("trait_arrival_ignored", TRAIT_VALUES, "calls.received_at,\n", ""),
    Mutant("trait_without_arrival_last", TRAIT_VALUES, "then 0 else 1", "then 1 else 0"),
    Mutant(
        "removed_trait_keeps_its_value",
        TRAIT_VALUES,
        "where {{ value }} is not null",
        "where cast({{ value }} as varchar) <> 'null'",
    ),
    Mutant(
        "none_of_keeps_missing",
        ONE_OF,
        "filled(column ~",
        "filled(('coalesce(' ~ column ~ \", '')\" if negated and type == 'text' else column) ~",
    ),
    Mutant(
        "lowered_data", COMPARED, "set left = column -", "set left = 'lower(' ~ column ~ ')' if type == 'text' else column -"
    ),
    Mutant("gte_is_gt", COMPARED, "'gte': '>='", "'gte': '>'"),
    Mutant("before_is_at_or_before", COMPARED, "'before': '<'", "'before': '<='"),
    Mutant("ends_with_is_starts_with", TEXT_FOUND, "'right('", "'left('"),
    Mutant("contains_not_at_the_start", TEXT_FOUND, "') > 0'", "') > 1'"),
    Mutant("relative_start_excluded", RELATIVE, "span['from'] ~ ' <= ' ~ as_of", "span['from'] ~ ' < ' ~ as_of"),
    Mutant("relative_end_excluded", RELATIVE, "span['last'] ~ ' >= ' ~ as_of", "span['last'] ~ ' > ' ~ as_of"),
    Mutant(
        "blank_text_is_missing",
        TYPED,
        "{{ return(text ~ ' is not null') }}",
        "{{ return('nullif(' ~ text ~ \", '') is not null\") }}",
    ),
    Mutant(
        "numbers_keep_their_zeros",
        TYPED,
        "\" then rtrim(rtrim(\" ~ number ~ \", '0'), '.') else \"",
        '" then " ~ text ~ " else "',
    ),
    Mutant("yes_is_true", TYPED, "when 'true' then true", "when 'true' then true when 'yes' then true"),
    Mutant(
        "epochs_in_text",
        TYPED,
        "is_number ~ ' then ' ~ dbt_audiences.epoch_to_instant",
        "'true then ' ~ dbt_audiences.epoch_to_instant",
    ),
    Mutant("newest_copy_counts", "models/staging/stg_calls.sql", "calls.loaded_at,\n", "calls.loaded_at desc,\n"),
    Mutant("lines_of_texts_indented", PRIMITIVES, "literal.text.splitlines() | length > 1", "false"),
    Mutant(
        "keys_split_at_dots",
        DUCKDB,
        "{{ return(dbt_audiences.text_literal('$' ~ keys | join)) }}",
        "{{ return(dbt_audiences.text_literal('$.' ~ path | join('.'))) }}",
    ),
]


def is_noticed(mutant: Mutant) -> bool:
    """Whether a test fails on a copy of the package with this fault."""
    with tempfile.TemporaryDirectory(prefix="mutant_") as folder:
        package = Path(folder) / "package"
        package.mkdir()
        source = package_path()
        for name in ("macros", "models"):
            shutil.copytree(source / name, package / name)
        shutil.copy(source / "dbt_project.yml", package)
        path = package / mutant.path
        text = path.read_text(encoding="utf-8")
        if mutant.old not in text:
            raise SystemExit(f"{mutant.name}: {mutant.path} has no {mutant.old!r}")
        path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
        environment = os.environ | {
            "DBT_AUDIENCES_PACKAGE": str(package),
            "AUDIENCES_AGREEMENT_EXAMPLES": SCENARIOS,
            "AUDIENCES_AGREEMENT_REPORTS": "0",
        }
        for test in TESTS:
            command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", test, "-k", "the_sql"]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            if done.returncode not in (0, 1):
                raise SystemExit(f"{mutant.name}: {done.stdout}{done.stderr}")
            if done.returncode == 1:
                kind = "by disagreeing" if "AssertionError" in done.stdout else "BY AN ERROR"
                sys.stdout.write(f"{mutant.name}: noticed by {Path(test).name} {kind}\n")
                sys.stdout.flush()
                return True
    sys.stdout.write(f"{mutant.name}: NOT NOTICED\n")
    sys.stdout.flush()
    return False


def main() -> None:
    """Try the faults; the exit code is 1 when one of them is not noticed."""
    chosen = [mutant for mutant in MUTANTS if not sys.argv[1:] or any(part in mutant.name for part in sys.argv[1:])]
    with ThreadPoolExecutor(2) as pool:
        noticed = list(pool.map(is_noticed, chosen))
    sys.stdout.write(f"{sum(noticed)} of {len(chosen)} noticed\n")
    sys.exit(not all(noticed))


if __name__ == "__main__":
    main()
