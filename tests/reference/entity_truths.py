"""Truths about accounts and computed traits, worked out by hand from the language's contract, as data for any engine."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.reference.history import Event, GroupCall, Person
from tests.reference.truths import AS_OF, EARLIER

LONG_AGO = AS_OF - timedelta(days=5000)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MANY = "9" * 29

COMPUTED: list[Any] = [  # what is computed, the values of `p` of events A one day apart, the last at as_of; the value
    ({"count": True}, [], 0),
    ({"count": True}, [None, 1], 2),
    ({"count": True, "within": "1 day"}, [1, 2, 3], 2),
    ({"count": True, "where": {"property": "p", "gt": 1}}, [1, 2, 3], 2),
    ({"sum": "p"}, [], 0),
    ({"sum": "p"}, [10, "20.5", "n/a", True, None], Decimal("30.5")),
    ({"sum": "p"}, [0.1, 0.2], Decimal("0.3")),
    ({"sum": "p"}, [-1, Decimal("0.5")], Decimal("-0.5")),
    ({"sum": "p"}, [MANY, "0.999999999"], Decimal(f"{MANY}.999999999")),
    ({"sum": "p"}, [MANY, 1], None),
    ({"sum": "p.$"}, [[1, 2], 3, [[4]]], 6),
    ({"avg": "p"}, [], None),
    ({"avg": "p"}, ["n/a"], None),
    ({"avg": "p"}, [1, 2, 2], Decimal("1.666666667")),
    ({"avg": "p"}, [-1, -2, -2], Decimal("-1.666666667")),
    ({"avg": "p"}, ["0.000000001", "0.000000002"], Decimal("0.000000002")),
    ({"avg": "p"}, ["-0.000000001", "-0.000000002"], Decimal("-0.000000002")),
    ({"avg": "p"}, [MANY, MANY, MANY], int(MANY)),
    ({"min": "p"}, ["10", 9, "n/a"], 9),
    ({"max": "p"}, ["10", 9, True], 10),
    ({"max": "p"}, [True], None),
    ({"min": "p", "as": "text"}, ["b", "B", 10], "10"),
    ({"max": "p", "as": "text"}, ["b", "B", "é"], "é"),
    ({"min": "p", "as": "time"}, ["2026-03-10", 1, "later"], "1970-01-01T00:00:01Z"),
    ({"max": "p", "as": "time"}, ["2026-03-10T12:00:00.50+02:00", 1], "2026-03-10T10:00:00.5Z"),
    ({"most_frequent": "p"}, ["a", "b"], None),
    ({"most_frequent": "p"}, ["b", "a", "a", "b"], "a"),
    ({"most_frequent": "p"}, ["a", "b", "b"], "b"),
    ({"most_frequent": "p"}, ["B", "a", "B", "a"], "B"),
    ({"most_frequent": "p"}, [10, "10"], "10"),
    ({"most_frequent": "p", "at_least": 1}, ["b"], "b"),
    ({"most_frequent": "p", "at_least": 3}, ["b", "b"], None),
    ({"first": "p"}, [None, "a", "b"], "a"),
    ({"last": "p"}, ["a", "b", None], "b"),
    ({"last": "p"}, ["a", "", None], ""),
    ({"last": "p"}, [], None),
    ({"first": "p.$"}, [[], ["x", "y"], "z"], "x"),
    ({"last": "p.$"}, ["w", ["x", "y"], [None]], "y"),
    ({"last": "p.x"}, [{"x": 1}, {"y": 2}], 1),
    ({"unique": "p"}, [], "[]"),
    ({"unique": "p"}, ["b", "a", "b", None, "B"], '["B","a","b"]'),
    ({"unique": "p"}, [10, "10", 10.0, 9], '["10",9]'),
    ({"unique": "p"}, [True, "true", 'say "a"'], '["say \\"a\\"","true"]'),
    ({"unique": "p.$.x"}, [[{"x": 1}, {"x": 2}], {"x": 1}, {"y": 3}], "[1,2]"),
    ({"unique_count": "p"}, [], 0),
    ({"unique_count": "p"}, [10, "10", "a", None], 2),
    ({"count": True, "session": "1 day"}, [1, 2, 3], 3),
    ({"count": True, "session": "1439 minutes"}, [1, 2, 3], 1),
    ({"sum": "p", "session": "1 day"}, [], 0),
    ({"last": "p", "session": "1 day"}, [], None),
]

OF_ONE_INSTANT: list[Any] = [  # values of one instant, which are their messages, and when they arrived; the first; the last
    ([("b", None), ("a", EARLIER)], "b", "a"),
    ([("a", AS_OF), ("b", EARLIER)], "b", "a"),
    ([("b", AS_OF), ("a", EARLIER)], "a", "b"),
    ([("a", None), ("b", None)], "a", "b"),
    ([("m2", AS_OF), ("m10", AS_OF)], "m10", "m2"),
]

SESSIONS: list[Any] = [  # minutes before as_of, how many are in the current session of 30 minutes
    ([0], 1),
    ([30], 1),
    ([31], 0),
    ([30, 60], 2),
    ([0, 30, 61], 2),
    ([29, 60, 91], 1),
    ([0, 0, 30], 3),
    ([-1], 0),
    ([-1, 30], 1),
]


def _person(name: str, *calls: Event | GroupCall, **identifiers: list[str]) -> Person:
    events = [call for call in calls if isinstance(call, Event)]
    groups = [call for call in calls if isinstance(call, GroupCall)]
    return Person(name, identifiers or {"user_id": [name]}, events, [], LONG_AGO, groups)


def _of(account: str, at: Any = LONG_AGO, **traits: Any) -> GroupCall:
    return GroupCall(account, at, traits)


def _did(name: str = "A", group_id: str | None = None, **context: Any) -> Event:
    return Event(name, AS_OF, {}, context, "", None, group_id)


ANN = _person("ann", _of("acme"), _did())
BOB = _person("bob", _of("acme"), _of("beta"))
ANONYMOUS = _person("eve", _of("acme"), _did(), anonymous_id=["eve"])
A, B = {"performed": "A"}, {"performed": "B"}

OF_ACCOUNTS: list[Any] = [  # keys of an audience of accounts, people, the accounts that are in
    ({"who": "everyone"}, [BOB], {"acme", "beta"}),
    ({"who": "everyone"}, [_person("ann", _of("acme", AS_OF))], {"acme"}),
    ({"who": "everyone"}, [_person("ann", _of("acme", AS_OF + MINUTE))], set()),
    ({"who": "everyone"}, [_person("ann", _did(group_id="acme"))], set()),
    ({"who": {"trait": "p", "equals": 1}}, [_person("ann", _of("acme", p=1), _of("beta", p=2))], {"acme"}),
    ({"who": A}, [ANN, BOB], {"acme"}),
    ({"who": {**A, "at_least": 2}}, [ANN, _person("bob", _of("acme"), _did())], {"acme"}),
    ({"who": A}, [_person("ann", _of("acme", AS_OF - DAY), Event("A", LONG_AGO))], {"acme"}),
    ({"who": A}, [_person("ann", _of("acme", AS_OF + DAY), _did()), BOB], set()),
    ({"who": A}, [ANONYMOUS], {"acme"}),
    ({"who": A}, [_person("bob", _of("acme"), _of("beta"), _did(group_id="beta"))], {"beta"}),
    ({"who": A}, [_person("bob", _of("acme"), _of("beta"), _did(groupId="beta"))], {"beta"}),
    ({"who": A}, [_person("bob", _of("acme"), _of("beta"), _did("A", "acme", groupId="beta"))], {"acme"}),
    ({"who": A}, [_person("bob", _of("acme"), _did(group_id=""))], {"acme"}),
    ({"who": A}, [BOB, _person("eve", _did(group_id="beta"))], {"beta"}),
    ({"who": A, "account_events": "all_of_user"}, [_person("bob", _of("acme"), _of("beta"), _did(group_id="beta"))],
     {"acme", "beta"}),
    ({"who": A, "account_events": "all_of_user"}, [BOB, _person("eve", _did(group_id="beta"))], set()),
    ({"who": {"users": "any", "who": A}}, [ANN, BOB], {"acme"}),
    ({"who": {"users": "all", "who": A}}, [ANN, BOB], set()),
    ({"who": {"users": "all", "who": A}}, [ANN], {"acme"}),
    ({"who": {"users": "none", "who": A}}, [ANN, BOB], {"beta"}),
    ({"who": {"users": "any", "who": "everyone"}}, [ANONYMOUS], set()),
    ({"who": {"users": "all", "who": "everyone"}}, [ANONYMOUS], set()),
    ({"who": {"users": "none", "who": "everyone"}}, [ANONYMOUS], {"acme"}),
    ({"who": {"users": "any", "who": A}, "include_anonymous": True}, [ANONYMOUS], {"acme"}),
    ({"who": {"users": "any", "who": A}, "identifiers": ["email"]}, [ANN], set()),
    ({"who": {"users": "any", "who": [A, B]}}, [ANN, _person("bob", _of("acme"), _did("B"))], set()),
    ({"who": [{"users": "any", "who": A}, {"users": "any", "who": B}]},
     [ANN, _person("bob", _of("acme"), _did("B"))], {"acme"}),
    ({"who": {"users": "any", "who": A}}, [_person("bob", _of("acme"), _of("beta"), _did(group_id="beta"))], {"beta"}),
    ({"who": {"users": "any", "who": A}}, [BOB, _person("eve", _did(group_id="beta"))], set()),
    ({"who": {"users": "any", "who": A}, "account_events": "all_of_user"},
     [_person("bob", _of("acme"), _of("beta"), _did(group_id="beta"))], {"acme", "beta"}),
    ({"who": {"users": "any", "who": {"account": "any", "who": {"trait": "p", "equals": 1}}}},
     [_person("bob", _of("acme", p=1), _of("beta"))], {"acme", "beta"}),
]  # fmt: skip

OF_USERS: list[Any] = [  # the condition of an audience of users, people, who is in
    ({"account": "any", "who": "everyone"}, [ANN, _person("cid", _did())], {"ann"}),
    ({"account": "all", "who": "everyone"}, [_person("cid", _did())], set()),
    ({"account": "none", "who": "everyone"}, [ANN, _person("cid", _did())], {"cid"}),
    ({"account": "any", "who": A}, [ANN, BOB], {"ann", "bob"}),
    ({"account": "all", "who": A}, [ANN, BOB], {"ann"}),
    ({"account": "any", "who": {"trait": "p", "equals": 1}}, [ANN, _person("bob", _of("acme", p=1))], {"ann", "bob"}),
    ({"account": "any", "who": "everyone"}, [_person("ann", _of("acme", AS_OF + MINUTE))], set()),
    ({"account": "any", "who": {"users": "all", "who": A}}, [ANN, BOB], set()),
    (A, [_person("bob", _of("acme"), _did(group_id="other"))], {"bob"}),
]
