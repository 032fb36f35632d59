"""Why rows were not delivered, in a few words that can be counted: the codes of the delivery overview."""

from __future__ import annotations

from dbt_audiences.core.tracking_plan import BLOCKED
from dbt_audiences.core.warehouse import text_literal
from dbt_audiences.sync.patience import HOLD_REASON

AT_SOURCE = {
    "consent": "what the destination requires does not hold",
    "priority": "the person goes to another audience first",
    "holdout": "held out, to compare with",
    "target": "this dbt target may not send",
    "no_identifier": "the person has none of the identifiers that go there",
    "tracking_plan": "the call does not keep to the tracking plan, and was blocked at load",
}
"""Reasons of rows that nothing was made of, as they stand in `deliveries.reason` or begin it."""

_TARGET = "the target `"
_BY_BEGINNING = (
    ("it did not answer in time", "ETIMEDOUT"),
    ("its name could not be resolved", "ENOTFOUND"),
    ("it cannot be reached", "EREFUSED"),
    ("it closed the connection", "ECONNRESET"),
)
_BEFORE_SENDING = (
    ("%has no form that can be sent there", "NO_MATCHING_MAPPING"),
    ("%cannot be rendered: %", "NO_MATCHING_MAPPING"),
    ("`%` is not there", "NO_MATCHING_MAPPING"),
    ("it is larger than %", "MESSAGE_TOO_LARGE"),
)
"""Patterns of what was refused before anything was sent: by mapping, or by size."""

_OTHERWISE = "MESSAGE_REJECTED"


def code_of(reason: str) -> str:
    """SQL of the code of a reason; `reason` is SQL of its text.

    One of `AT_SOURCE`, a status of HTTP, or one of the words above; null where there is no reason.
    """
    held = text_literal(f"{HOLD_REASON}: ")
    said = f"case when {reason} like {held} || '%' then substr({reason}, length({held}) + 1) else {reason} end"
    cases = [f"when {reason} is null then null"]
    cases += [f"when {reason} = {text_literal(word)} then {text_literal(word)}" for word in AT_SOURCE]
    cases += [f"when {reason} like {text_literal(_TARGET + '%')} then 'target'"]
    cases += [f"when {reason} like {text_literal(BLOCKED + '%')} then 'tracking_plan'"]
    cases += [
        f"when translate(left({said}, 3), '0123456789', '') = '' and length({said}) >= 3 "
        f"and (length({said}) = 3 or substr({said}, 4, 1) = ':') then left({said}, 3)"
    ]
    cases += [f"when {said} like {text_literal(begin + '%')} then '{code}'" for begin, code in _BY_BEGINNING]
    cases += [f"when {reason} like {text_literal(pattern)} then '{code}'" for pattern, code in _BEFORE_SENDING]
    return f"case {' '.join(cases)} else '{_OTHERWISE}' end"


def step_of(status: str, code: str) -> str:
    """SQL of the step at which a row stands or ended, of its status and its code."""
    before = ", ".join(f"'{code}'" for code in sorted({code for _, code in _BEFORE_SENDING}))
    return (
        f"case when {status} = 'delivered' then 'delivered' when {status} = 'pending' then 'pending_retry' "
        f"when {status} = 'filtered' then 'filtered_at_source' "
        f"when {code} in ({before}) then 'filtered_at_destination' else 'failed' end"
    )
