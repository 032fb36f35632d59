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
_KNOWN = "who is named in a call, a list or an account has a profile: no row is without its other side"
_DROPPED = "a row without another side, which the next join or filter drops"
_DEFAULT = "a missing value becomes the default of the model around it, which is the same"
_NO_TRUE = "where rows are kept or counted, missing is no more true than false"
_EARLIER_SPANS = "spans before the last ones, which the window leaves out"
_AT_ALL = "whether there is a row at all, however often"
_TO_COME = "a value that is to come has held for less than any time, and so is not missing"
_ONE_INSTANT = "all rows that are grouped name the same instant"

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
    ("`inner` is `left`", "", "as name @ inner join name"): _KNOWN,
    ("`inner` is `left`", "narrow_events", "as name @ inner join name"): _KNOWN,
    ("`inner` is `left`", "custom_trait_values", "as name @ inner join name"): _KNOWN,
    ("`inner` is `left`", "list_members", "as name @ inner join name"): _KNOWN,
    ("`inner` is `left`", "members_who", "as name @ inner join name"): _KNOWN,
    ("`inner` is `left`", "account_users", "as name @ inner join name"): _DROPPED,
    ("`inner` is `left`", "account_users", ". name @ inner join name"): _DROPPED,
    ("`inner` is `left`", "account_events", "as name @ inner join name"): _DROPPED,
    ("`inner` is `left`", "account_events", ". name @ inner join name"): _NOTHING,
    ("`inner` is `left`", "of_entities", "as name @ inner join name"): _NOTHING,
    ("`inner` is `left`", "step_matches", "as name @ inner join ("): _EMPTY,
    ("`inner` is `left`", "step_by_match", "as name @ inner join name"): _EMPTY,
    ("`inner` is `left`", "step_spans_by_match", "as name @ inner join ("): _EMPTY,
    ("`inner` is `left`", "step_spans_by_match", "as name @ inner join name"): _EMPTY,
    ("`and` is `or`", "_keys_present", "<= name @ and .."): _EMPTY,
    ("`and` is `or`", "_keys_present", "<= name @ and .. is"): _EMPTY,
    ("`distinct` left out", "list_members", "( select @ distinct name ."): _AT_ALL,
    ("`union all` is `union`", "account_events", "is null @ union all select"): _ALL_DIFFERENT,
    ("`union all` is `union`", "measured_or_zero", "from name @ union all select"): _ALL_DIFFERENT,
    ("`union all` is `union`", "step_turned", "from name @ union all select"): _ALL_DIFFERENT,
    ("`union all` is `union`", "step_turned", "> name @ union all select"): _ALL_DIFFERENT,
    ("`union all` is `union`", "steps_turning", "true .. @ union all select"): _ALL_DIFFERENT,
    ("`union all` is `union`", "_performed_at_all", ". name @ union all select"): _AT_ALL,
    ("`union all` is `union`", "_performed_at_all", "from name @ union all select"): _AT_ALL,
    ("`max` is `min`", "step_turned_found", "name , @ max ( case"): _ONE_ROW,
    ("`max` is `min`", "history_start", "coalesce ( @ max ( name"): _ONE_ROW,
    ("`max` is `min`", "_of_texts", "name , @ max ( case"): _ONE_ROW,
    ("`min` is `max`", "_of_texts", "name , @ min ( .."): "all forms have one text, which is what conditions compare",
    ("`bool_or` is `bool_and`", "held_since", "name , @ bool_or ( name"): _ONE_ROW,
    ("`min` is `max`", "account_universe", "name , @ min ( name"): _ONE_INSTANT,
    ("a number one more", "_session_breaks", ") then @ ? else ?"): "numbers only tell sessions apart",
    ("a number one more", "regularly", "? and @ ? and coalesce"): _EARLIER_SPANS,
    ("a number one more", "regularly", "? and @ ? and not"): _EARLIER_SPANS,
    ("`coalesce` without a default", "regularly", "? and @ coalesce ( .."): _NO_TRUE,
    ("`coalesce` without a default", "regularly", "? and @ coalesce ( name"): _NO_TRUE,
    ("`coalesce` without a default", "duckdb__some_value", "@ coalesce ( len"): _NO_TRUE,
    ("`coalesce` without a default", "widened_rows", "( select @ coalesce ( .."): "neither an empty list nor none has an item",
    ("`coalesce` without a default", "held", "name , @ coalesce ( name"): _DEFAULT,
    ("`coalesce` without a default", "held", "name and @ coalesce ( .."): _DEFAULT,
    (
        "`false` is `true`",
        "held",
        ".. , @ false ) as",
    ): _TO_COME,
    ("`coalesce` without a default", "members_who", "name , @ coalesce ( bool_or"): _DEFAULT,
    ("`coalesce` without a default", "members_who", "name , @ coalesce ( bool_and"): _DEFAULT,
    ("`coalesce` without a default", "members_who", ", not @ coalesce ( bool_or"): _DEFAULT,
}
