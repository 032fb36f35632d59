"""What the language has and the compiler refuses, found out by asking it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from docs.printed.markdown import ROOT

from dbt_audiences.compile.support import unsupported
from dbt_audiences.core.project import Project
from dbt_audiences.spec.audience import read_audience
from dbt_audiences.spec.destination import read_destination
from dbt_audiences.spec.fields import Problems
from dbt_audiences.spec.measures import AGGREGATES
from dbt_audiences.spec.nodes import parse_yaml
from dbt_audiences.spec.trait import read_trait

_EVENT = "performed: Order Completed"
_IN_WHO = (
    "account: any\nwho: {trait: plan, equals: business}",
    *(f"{_EVENT}\n{function}: revenue\ngte: 500" for function in AGGREGATES),
    f"{_EVENT}\nsources: {{exclude: [ios]}}",
    f"{_EVENT}\nregularly: {{at_least: 3, of_last: 4, each: 1 week}}",
    f"{_EVENT}\nthen:\n  - {{performed: Order Refunded, within: 7 days}}",
    f"{_EVENT}\ncomplete_within: 7 days\nthen:\n  - performed: Order Refunded",
    f"{_EVENT}\nwhere: [{{any_item: products, where: [{{property: sku, equals: a}}]}}]",
    f"{_EVENT}\nwhere: [{{property: products.$.sku, equals: a}}]",
    f"{_EVENT}\nwhere: [{{property: country, equals: france, ignore_case: true}}]",
    f"{_EVENT}\nwhere: [{{property: revenue, gt: {{trait: usual_revenue}}}}]",
    "trait: email\none_of: {file: seeds/non_goods.csv}",
    "trait: plan\nequals: gold\nheld_for: 7 days",
)
_IN_AUDIENCE = (
    "of: accounts",
    "of: accounts\nwho:\n  users: any\n  who: {performed: Signed In}",
    "history: 90 days",
    "compute: realtime",
    "every: 4 hours",
    "identifiers: [loyalty_card]",
    "send_to: [{destination: crm, holdout: 10%}]",
    "of: accounts\nsend_to: [{destination: crm, users: true}]",
)
_IN_DESTINATION = (
    "requires: {trait: marketing_consent, equals: true}",
    "rate_limit: 100/second",
    "every: 1 hour",
    "priority: [[vip, big_spenders]]",
)


def not_supported_page() -> str:
    """What the language has and the compiler refuses, with its own words."""
    conditions = [(written, _refusal(audience=f"who:\n{_indented(written)}")) for written in _IN_WHO]
    audiences = [
        (written, _refusal(audience=written if "who:" in written else f"who: everyone\n{written}")) for written in _IN_AUDIENCE
    ]
    destinations = [(written, _refusal(destination=written)) for written in _IN_DESTINATION]
    trait = "trait: revenue\nperformed: Order Completed\nsum: revenue"
    parts = [
        "# Not supported yet",
        "These parts of the language are read and checked like all others, with file, line and column. Then "
        "`audiences compile`, `run`, `test` and `diff` refuse the project by name and exit with 2; nothing is ignored. A "
        "definition with `enabled: false` may hold them.",
        "Files of `alerts/`, `identity.yml` and `tracking_plan.yml` are refused where they stand.",
    ]
    computed = [(trait, _refusal(trait=trait))]
    for title, found in (
        ("In a condition", conditions),
        ("In an audience", audiences),
        ("In a destination", destinations),
        ("Computed traits", computed),
    ):
        parts.append(f"## {title}")
        for written, message in found:
            parts.append(f"```yaml\n# {message}\n{written}\n```")
    parts += [
        "## SQL traits",
        "A model whose yml says `config: {meta: {sql_trait: ...}}` is refused as well.",
    ]
    return "\n\n".join(parts)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _refusal(*, audience: str | None = None, destination: str | None = None, trait: str | None = None) -> str:
    """What the compiler says of one definition; raises where it says nothing, since the page would then be wrong."""
    problems = Problems()
    empty: Mapping[str, Any] = {}
    found: dict[str, Any] = {"audiences": empty, "traits": empty, "destinations": empty}
    if audience is not None:
        found["audiences"] = {"a": read_audience(parse_yaml(f"audience: a\n{audience}", "x"), ROOT, "a", problems)}
    if destination is not None:
        text = f"destination: d\ntype: webhook\n{destination}"
        found["destinations"] = {"d": read_destination(parse_yaml(text, "x"), ROOT, "d", problems)}
    if trait is not None:
        found["traits"] = {"revenue": read_trait(parse_yaml(trait, "x"), ROOT, "revenue", problems)}
    project = Project("x", found["audiences"], found["traits"], found["destinations"], (), (), {})
    refused = unsupported(project)
    if problems.found or not refused:
        raise SystemExit(f"docs/printed: not refused as not supported: {audience or destination or trait}: {problems.found}")
    return "; ".join(dict.fromkeys(problem.message for problem in refused))
