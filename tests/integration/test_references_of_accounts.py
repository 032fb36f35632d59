"""References to traits in audiences of accounts and in blocks of members: the trait is that of the one who is judged there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from tests.integration.agreement import compiled
from tests.reference.truths import AS_OF, EARLIER

from dbt_audiences.flow.evaluate import Answer, Call, Person

LATER = AS_OF + timedelta(days=1)
DEFINITIONS = {
    "its_events": {"of": "accounts", "who": {"performed": "Used", "where": {"property": "plan", "equals": {"trait": "plan"}}}},
    "its_traits": {"of": "accounts", "who": {"trait": "used", "gt": {"trait": "bought"}}},
    "its_users": {
        "of": "accounts",
        "who": {
            "users": "any",
            "who": {"performed": "Used", "where": {"property": "plan", "equals": {"trait": "plan"}}},
        },
    },
    "of_its_users": {"of": "accounts", "who": {"users": "any", "who": {"trait": "used", "gt": {"trait": "bought"}}}},
    "of_its_account": {"who": {"account": "any", "who": {"trait": "used", "gt": {"trait": "bought"}}}},
}


def people() -> list[Person]:
    """Ann of acme uses the account's plan, bob of bolt his own; acme's later traits let it use more than it bought."""
    return [
        _user("ann", "acme", {"plan": "mine", "used": 1, "bought": 2}, "of acme"),
        _user("bob", "bolt", {"plan": "mine", "used": 3, "bought": 2}, "mine"),
        _account("acme", {"plan": "of acme", "used": 5, "bought": 9}, {"bought": 4}),
        _account("bolt", {"plan": "of bolt", "used": 5, "bought": "n/a"}, {"plan": "other"}),
    ]


def _user(name: str, account: str, traits: Mapping[str, object], plan: str) -> Person:
    calls = [
        Call(f"{name}-traits", "identify", EARLIER, traits=traits),
        Call(f"{name}-group", "group", EARLIER, group_id=account),
        Call(f"{name}-used", "track", EARLIER, "Used", {"plan": plan}),
    ]
    return Person(name, {"user_id": [name]}, EARLIER, calls)


def _account(name: str, now: Mapping[str, object], later: Mapping[str, object]) -> Person:
    calls = [
        Call(f"{name}-now", "group", EARLIER, traits=now, group_id=name),
        Call(f"{name}-later", "group", LATER, traits=later, group_id=name),
    ]
    return Person(name, {}, EARLIER, calls)


def _in(answers: Mapping[str, Answer]) -> set[str]:
    return {name for name, answer in answers.items() if answer.is_member}


def test_a_reference_reads_the_trait_of_the_entity_judged_and_changes_when_that_does() -> None:
    with compiled(DEFINITIONS) as evaluator, evaluator.load(people()) as loaded:
        now, later = loaded.answers(AS_OF), loaded.answers(LATER)
    assert _in(now["its_events"]) == {"acme"}
    assert _in(now["its_traits"]) == set()
    assert _in(now["its_users"]) == {"bolt"}
    assert _in(now["of_its_users"]) == {"bolt"}
    assert _in(now["of_its_account"]) == set()
    assert now["its_traits"]["acme"].changes_at == now["of_its_account"]["ann"].changes_at == LATER
    assert now["its_events"]["bolt"].changes_at == LATER
    assert _in(later["its_traits"]) == {"acme"} and _in(later["of_its_account"]) == {"ann"}
