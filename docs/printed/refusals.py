"""What the language has and the compiler refuses, found out by asking it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from docs.printed.markdown import ROOT

from dbt_audiences.compile.support import unsupported
from dbt_audiences.core.project import Project
from dbt_audiences.spec.audience import read_audience
from dbt_audiences.spec.fields import Problems
from dbt_audiences.spec.nodes import parse_yaml
from dbt_audiences.spec.trait import read_trait

_EVENT = "performed: Order Completed"
_IN_AUDIENCE = (
    "compute: realtime",
    "every: 4 hours",
)
_IN_TRAIT = ("every: 4 hours",)


def not_supported_page() -> str:
    """What the language has and the compiler refuses, with its own words."""
    audiences = [(written, _refusal(audience=f"who: everyone\n{written}")) for written in _IN_AUDIENCE]
    trait = "trait: revenue\nperformed: Order Completed\nsum: revenue\n"
    parts = [
        "# Not supported yet",
        "These parts of the language are read and checked like all others, with file, line and column. Then "
        "`audiences compile`, `run`, `test` and `diff` refuse the project by name and exit with 2; nothing is ignored. A "
        "definition with `enabled: false` may hold them.",
        "Files of `alerts/` and `tracking_plan.yml` are refused where they stand.",
    ]
    computed = [(f"{trait}{more}", _refusal(trait=f"{trait}{more}")) for more in _IN_TRAIT]
    for title, found in (
        ("In an audience", audiences),
        ("Computed traits", computed),
    ):
        parts.append(f"## {title}")
        for written, message in found:
            parts.append(f"```yaml\n# {message}\n{written}\n```")
    return "\n\n".join(parts)


def _refusal(*, audience: str | None = None, trait: str | None = None) -> str:
    """What the compiler says of one definition; raises where it says nothing, since the page would then be wrong."""
    problems = Problems()
    empty: Mapping[str, Any] = {}
    found: dict[str, Any] = {"audiences": empty, "traits": empty, "destinations": empty}
    if audience is not None:
        found["audiences"] = {"a": read_audience(parse_yaml(f"audience: a\n{audience}", "x"), ROOT, "a", problems)}
    if trait is not None:
        found["traits"] = {"revenue": read_trait(parse_yaml(trait, "x"), ROOT, "revenue", problems)}
    project = Project("x", found["audiences"], found["traits"], found["destinations"], (), (), {})
    refused = unsupported(project)
    if problems.found or not refused:
        raise SystemExit(f"docs/printed: not refused as not supported: {audience or trait}: {problems.found}")
    return "; ".join(dict.fromkeys(problem.message for problem in refused))


def refused_in_audiences() -> tuple[str, ...]:
    """What is refused of an audience."""
    return _IN_AUDIENCE


def refused_in_traits() -> tuple[str, ...]:
    """What is refused of a computed trait."""
    return _IN_TRAIT
