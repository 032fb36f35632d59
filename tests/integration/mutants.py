"""Deliberate faults in copies of the macros, each of which the agreement tests must notice: run by hand, not in CI.

    python -m tests.integration.mutants            every fault, two at a time
    python -m tests.integration.mutants month_ends those whose name has this in it

Result: each of the first 37 was noticed, tried in several runs while the tests grew. 32 by a row of a truth table and one,
`keys_split_at_dots`, by an error of the SQL; `not_without_coalesce`, `flip_one_event_late`, `traits_of_the_future` and
`trait_changes_forgotten` by drawn scenarios. Those about arrays, references, lists, local times and anniversaries were tried
against the truths about rows alone. A fault is tried until the first test fails; later ones might notice it too.
Of the six that runs must notice, five were, by drawn runs; `changed_members_unseen` was not within 300 steps.
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

TESTS = tuple(f"tests/integration/test_agreement{part}.py" for part in ("_truths", "_values", "_rows", "", "_funnels"))
NAMED = "the_sql or after_every_run"
RUNS = ("tests/integration/test_increments_drawn.py",)
CASES = "600"
AT_ALL, TIMES, TURNING = (f"macros/conditions/performed_{name}.sql" for name in ("at_all", "times", "turning"))
TRAIT, WINDOWS = "macros/conditions/trait.sql", "macros/windows/window_bounds.sql"
PRIMITIVES, DUCKDB = "macros/dialect/primitives.sql", "macros/dialect/duckdb.sql"
RELATIVE, TEXT_FOUND = "macros/comparisons/relative_to_now.sql", "macros/comparisons/text_found.sql"
LOCAL_TIME = "macros/dialect/local_time.sql"
ITEMS, ANNIVERSARY = "macros/dialect/items.sql", "macros/comparisons/anniversary.sql"
COMPARED_COLUMNS, TURNING_TRAIT = "macros/comparisons/compared_columns.sql", "macros/conditions/trait_turning.sql"
SCOPE = "macros/increments/evaluation_scope.sql"
COMPARED, ONE_OF = "macros/comparisons/compared.sql", "macros/comparisons/one_of.sql"
LINE, TURN, PAIRS, FIRST, ROOTS, RANKED, SPAN, ROWS, NAMES = (
    f"macros/steps/{name}.sql"
    for name in (
        *("step_line", "steps_turning", "step_pairs", "step_first", "of_roots", "step_ranked", "step_span", "step_rows"),
        "step_by_names",
    )
)
TYPED, TRAIT_VALUES = "macros/events/typed_value.sql", "macros/traits/custom_trait_values.sql"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One text of one file replaced by another, wherever it stands, for these tests to notice."""

    name: str
    path: str
    old: str
    new: str
    tests: tuple[str, ...] = TESTS


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
        LOCAL_TIME,
        "{%- set zone = dbt_audiences.text_literal(timezone) -%}",
        "{%- set zone = \"'UTC'\" -%}",
    ),
    Mutant("second_of_two_midnights", LOCAL_TIME, ", before ~ to_utc ~ \" + interval '1 microsecond'\"])", "])"),
    Mutant("midnight_after_a_gap", LOCAL_TIME, "earliest(['(' ~ midnight ~ ')' ~ to_utc, before", "earliest([before"),
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
        "filled(left ~",
        "filled(('coalesce(' ~ left ~ \", '')\" if negated and type == 'text' else left) ~",
    ),
    Mutant(
        "lowered_data",
        COMPARED,
        "set left, right = column,",
        "set left, right = 'lower(' ~ column ~ ')' if type == 'text' else column,",
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
    Mutant("step_wait_ends_late", TURN, "shift(settles_at, 1,", "shift(settles_at, 2,"),
    Mutant("step_waits_forgotten", TURN, "for one in waiting", "for one in []"),
    Mutant("step_events_to_come_forgotten", TURN, "occurred_at > {{ as_of }}", "false"),
    Mutant("step_dates_never_turn", TURN, "for one in turning", "for one in []"),
    Mutant("step_holds_while_it_waits", "macros/steps/step_judged.sql", "settles_at ~ ' < '", "settles_at ~ ' <= '"),
    Mutant("step_strict_is_not", LINE, "{{ 2 if strictly else 0 }}", "0"),
    Mutant("step_ties_excluded", LINE, "{{ 2 if strictly else 0 }}", "2"),
    Mutant("step_end_excluded", LINE, "edge = 1 then 2 else", "edge = 1 then 0 else"),
    Mutant("step_own_tails_forgotten", SPAN, "for one in tail -", "for one in [] -"),
    Mutant(
        "step_begin_excluded",
        SPAN,
        "(froms or",
        "(froms and [dbt_audiences.shift(froms[0], 1, 'microsecond')] or",
    ),
    Mutant(
        "without_at_the_parent",
        FIRST,
        "1 as place,\n        {{ dbt_audiences.never() }} as blocked_at",
        "-1 as place,\n        {{ dbt_audiences.never() }} as blocked_at",
    ),
    Mutant(
        "without_pairs_at_the_parent",
        PAIRS,
        "children.occurred_at > spans.occurred_at",
        "children.occurred_at >= spans.occurred_at",
    ),
    Mutant("pairs_strict_is_not", PAIRS, "'>' if strictly else '>='", "'>='"),
    Mutant("pairs_end_excluded", PAIRS, "'children.occurred_at <= spans.to_at'", "'children.occurred_at < spans.to_at'"),
    Mutant("names_above_may_be_the_same", NAMES, "one ~ ' <> ' ~ name", "'true'"),
    Mutant("names_of_all_instants", NAMES, "and children.occurred_at = names.occurred_at", ""),
    Mutant("names_above_are_one_event", NAMES, "key + ['children.message_id']", "['children.message_id']"),
    Mutant("deadline_excluded", ROOTS, "events.occurred_at <= roots.deadline_at", "events.occurred_at < roots.deadline_at"),
    Mutant("nth_complete_is_the_first", FIRST, "(nth - 1)", "0"),
    Mutant("ranks_of_equals_differ", RANKED, "'value_rank' if of_parents and operator in ('lte', 'gte') else ", ""),
    Mutant("step_rows_to_come_counted", ROWS, "['occurred_at <= ' ~ dbt_audiences.as_of()]", "['true']"),
    Mutant(
        "all_items_without_items",
        "macros/items/items_hold.sql",
        "dbt_audiences.some_item(items, item, fields, 'true') ~ '\\nand not '",
        "'not '",
    ),
    Mutant("references_one_of_is_none_of", COMPARED_COLUMNS, "if operator == 'one_of'", "if operator == 'none_of'"),
    Mutant("references_end_is_start", COMPARED_COLUMNS, "'right(' ~ one", "'left(' ~ one"),
    Mutant(
        "unreadable_single_value_is_an_empty_list",
        ITEMS,
        "when '\n        ~ one ~ ' is not null then [' ~ one ~ '] end'",
        "when '\n        ~ one ~ ' is not null then [' ~ one ~ '] else [] end'",
    ),
    Mutant("sigma_keeps_its_forms", PRIMITIVES, "~ \", 'ς', 'σ')\"", "~ \", 'x', 'x')\""),
    Mutant(
        "literals_keep_their_case", TEXT_FOUND, "case_ignored(literal) if ignore_case else literal", "by_code_point(literal)"
    ),
    Mutant(
        "none_of_a_file_keeps_missing",
        "macros/lists/found_in_list.sql",
        "column ~ ' is not null\\nand ' ~ left ~ ' not in '",
        "'coalesce(' ~ left ~ \", '')\" ~ ' not in '",
    ),
    Mutant(
        "referred_traits_of_the_future",
        "macros/conditions/widened_rows.sql",
        "            and trait_{{ loop.index }}.valid_from <= {{ as_of }}\n",
        "",
    ),
    Mutant(
        "referred_trait_never_turns",
        TURNING_TRAIT,
        "[dbt_audiences.later_than_as_of('valid_from')]",
        "[dbt_audiences.never()]",
    ),
    Mutant(
        "local_hours_in_utc",
        LOCAL_TIME,
        "at time zone 'UTC' at time zone \" ~ dbt_audiences.text_literal(timezone)",
        "at time zone 'UTC' at time zone 'UTC'\"",
    ),
    Mutant("anniversary_last_day_excluded", ANNIVERSARY, "'\\n<= '", "'\\n< '"),
    Mutant("anniversary_of_this_year_alone", ANNIVERSARY, "'\\n    else ' ~ next_year", "'\\n    else ' ~ this_year"),
    Mutant("anniversary_ends_late", ANNIVERSARY, "dbt_audiences.shift(next, 1, 'day')", "dbt_audiences.shift(next, 2, 'days')"),
    Mutant(
        "items_never_turn",
        "macros/items/item_changes_at.sql",
        "[dbt_audiences.earliest_of_items(items, item, fields, turns)]",
        "[]",
    ),
    Mutant(
        "due_a_moment_late",
        "macros/materializations/audience.sql",
        "' and changes_at <= ' ~",
        "' and changes_at < ' ~",
        RUNS,
    ),
    Mutant("leaves_a_moment_late", WINDOWS, "shift(last, 1, 'microsecond')", "shift(last, 2, 'microsecond')", RUNS),
    Mutant(
        "changed_traits_unseen",
        SCOPE,
        "{%- do reads.append(dbt_audiences.text_literal(node.name)) -%}",
        "{%- do reads.append(dbt_audiences.text_literal('' if 'trait_' in node.name else node.name)) -%}",
        RUNS,
    ),
    Mutant("late_events_unseen", SCOPE, "text_literal(node.name)", "text_literal(node.name.replace('events_', ''))", RUNS),
    Mutant("changed_accounts_unseen", SCOPE, "{%- set crosses = ", "{%- set crosses = false and ", RUNS),
    Mutant(
        "changed_members_unseen",
        "macros/materializations/audience.sql",
        "'query': 'select profile_id from crossing'",
        "'query': 'select profile_id from crossing where false'",
        RUNS,
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
            "AUDIENCES_AGREEMENT_CASES": CASES,
            "AUDIENCES_AGREEMENT_REPORTS": "0",
            "AUDIENCES_FUNNEL_EXAMPLES": "20",
        }
        for test in mutant.tests:
            command = [
                sys.executable,
                "-m",
                "pytest",
                "-x",
                "-q",
                "-p",
                "no:cacheprovider",
                test,
                "-k",
                "the_sql or after_every_run",
            ]
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
