"""Changes of compiled SQL that change nothing that it says, each with the reason: no test can notice them."""

from __future__ import annotations

from tests.integration.sql_mutants import Place

_ONE_ROW = "the extreme of one row: at most one has this number, or is the current one"
_ALL_DIFFERENT = "rows of events are all different, and of equal ones only the least instant is taken"
_THRESHOLD = "from how many rows on ranks are used, which say what pairs say"
_SPACING = "ranks only have to lie further apart than by one, and sizes to be large enough"
_PRUNED = "rows of the other side, or of another block, that the equality of blocks drops anyhow"
_ORDER = "only which place comes first matters, and no other lies between"
_WIDE = "more digits than any value has"
_NOTHING = "a row without an event, whose missing instant lies in no span and is no least one"
_EMPTY = "a span that ends before it begins counts nothing, and a missing key equals none on the other side"

EQUIVALENT: dict[Place, str] = {
    ("`min` is `max`", "_count_flips_at", "@ min ( case"): _ONE_ROW,
    ("`min` is `max`", "default__earliest", ") , @ min ( case"): _ONE_ROW,
    ("`bool_or` is `bool_and`", "trait", "name , @ bool_or ( .."): _ONE_ROW,
    ("`union all` is `union`", "step_blockers_line", "from name @ union all select"): _ALL_DIFFERENT,
    ("`union all` is `union`", "step_blockers_line", "name .. @ union all select"): _ALL_DIFFERENT,
    ("`union all` is `union`", "step_completed_line", "from name @ union all select"): _ALL_DIFFERENT,
    ("`union all` is `union`", "step_rows", ") .. @ union all select"): _ALL_DIFFERENT,
    ("`union all` is `union`", "step_rows", ".. .. @ union all select"): _ALL_DIFFERENT,
    ("`union all` is `union`", "steps_turning", ".. .. @ union all select"): _ALL_DIFFERENT,
    ("`union all` is `union`", "steps_turning", ">= .. @ union all select"): _ALL_DIFFERENT,
    ("`>` is `>=`", "step_heavy", "* ) @ > ?"): _THRESHOLD,
    ("a number one more", "step_heavy", ") > @ ?"): _THRESHOLD,
    ("a number one more", "step_ranked", ") + @ ? as name"): _SPACING,
    ("a number one more", "step_ranked", "name , @ ? * count"): _SPACING,
    ("a number one more", "step_ranked", "name , @ ? * dense_rank"): _SPACING,
    ("a number one more", "step_blocks", ", ( @ ? ) )"): "the highest level of blocks, which no number of rows reaches",
    ("`>` is `>=`", "step_blocks", "name ) @ > ? and"): _PRUNED,
    ("`and` is `or`", "step_blocks", "> ? @ and ( ("): _PRUNED,
    ("`and` is `or`", "step_blocks", "is null @ and ( name"): _PRUNED,
    ("`and` is `or`", "step_blocks", "not null @ and ( name"): _PRUNED,
    ("a number one more", "step_blockers_line", "name , @ ? as name"): _ORDER,
    ("a number one more", "step_line", "? then @ ? else ?"): _ORDER,
    ("a number one more", "duckdb__epoch_to_instant", "? , @ ? ) )"): _WIDE,
    ("a number one more", "duckdb__epoch_to_instant", "decimal ( @ ? , ?"): _WIDE,
    ("`inner` is `left`", "of_roots", "as name @ inner join name"): _NOTHING,
    ("`inner` is `left`", "step_blocked_pairs", "as name @ inner join name"): _NOTHING,
    ("`inner` is `left`", "step_by_names", "as name @ inner join name"): _NOTHING,
    ("`and` is `or`", "step_first", "not null @ and name is"): _NOTHING,
    ("`and` is `or`", "_keys_present", "name ) @ and name is"): _EMPTY,
    ("`and` is `or`", "_keys_present", "not null @ and name is"): _EMPTY,
}
