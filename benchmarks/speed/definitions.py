"""A hundred audiences, each of them four times: our definition, and SQL by hand for narrow tables, a wide one and ClickHouse.

counts        30   of a name in a window, some between two ages, some with conditions on properties
measures      16   sums, averages, greatest and different values
traits        12   alone, and together with events
negations     10   what was done once and not lately, and what was not done
sequences     24   two and three steps, ten of them with a step that must not follow
references     8   audiences of audiences, accounts
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from benchmarks.speed.dialects import Dialect, Query

_BROWSED = ("Product Viewed", "Product Searched", "Product Added", "Cart Viewed", "Checkout Started", "Order Completed")
_COUNTED = (
    "Order Completed", "Product Viewed", "Page Viewed", "Product Added", "Email Opened", "Signed In", "Video Started",
    "Coupon Entered", "Article Read", "Checkout Started", "Push Received", "Product Searched", "Support Opened", "Plan Viewed",
    "Review Written", "Payment Failed", "Wishlist Updated", "Trial Started", "Product Shared", "Email Clicked",
)  # fmt: skip
_DAYS = (7, 30, 90, 180)


@dataclass(frozen=True, slots=True)
class Case:
    """One audience; `query` writes it by hand for a dialect, and gives one column, the ids of who is in."""

    key: str
    who: str
    query: Query
    of: str = "users"

    @property
    def yaml(self) -> str:
        """The text of its definition."""
        return f"audience: {self.key}\nname: {self.key}\nof: {self.of}\nwho: {self.who}\n"


def cases(count: int = 100) -> list[Case]:
    """So many audiences, a multiple of 100: after the first hundred the same ones with other literals."""
    if count % 100:
        raise ValueError(f"{count} is no multiple of 100")
    return [case for turn in range(count // 100) for case in _hundred(turn)]


def _hundred(turn: int) -> Iterator[Case]:
    yield from _counts(turn)
    yield from _measures(turn)
    yield from _traits(turn)
    yield from _negations(turn)
    yield from _sequences(turn)
    yield from _references(turn)


def _counts(turn: int) -> Iterator[Case]:
    for i, event in enumerate(_COUNTED):
        least, days = (1, 2, 3, 5)[i % 4], None if i % 5 == 4 else _DAYS[i % 4 if i % 5 else 1] + turn
        window = "" if days is None else f", within: {days} days"
        # Without a window there is no literal but the count to tell a turn by.
        least += turn if days is None else 0
        yield Case(
            f"count_{i}_{turn}",
            f"{{performed: {event}, at_least: {least}{window}}}",
            partial(_counted, event=event, days=days, having=f"count(*) >= {least}"),
        )
    for i, event in enumerate(_BROWSED[:5]):
        days, most = _DAYS[i % 4] + turn, 300 - i
        yield Case(
            f"filtered_{i}_{turn}",
            f"{{performed: {event}, at_least: 2, within: {days} days, "
            f"where: [{{property: category, one_of: [c1, c2, c{i + 3}]}}, {{property: value, lt: {most}}}]}}",
            partial(
                _counted, event=event, days=days, having="count(*) >= 2",
                where=f"category in ('c1', 'c2', 'c{i + 3}') and value < {most}",
            ),
        )  # fmt: skip
    for i, event in enumerate(_BROWSED[1:]):
        far, near = _DAYS[i % 3 + 1] + turn, _DAYS[i % 3]
        yield Case(
            f"between_{i}_{turn}",
            f"{{performed: {event}, between: [{far} days, {near} days]}}",
            partial(_counted, event=event, days=far, until_days=near, having="count(*) >= 1"),
        )


def _measures(turn: int) -> Iterator[Case]:
    for i in range(10):
        event, days, least = _BROWSED[-1 - i % 4], _DAYS[i % 4] + turn, 100 * (i + 1)
        yield Case(
            f"sum_{i}_{turn}",
            f"{{performed: {event}, sum: value, gte: {least}, within: {days} days}}",
            partial(_counted, event=event, days=days, having=f"sum(value) >= {least}"),
        )
    for i, event in enumerate(("Order Completed", "Product Added")):
        days = _DAYS[i + 1] + turn
        for word, function, least in (("avg", "avg(value)", 120), ("max", "max(value)", 400), ("unique", "", 3)):
            of = "category" if word == "unique" else "value"
            yield Case(
                f"{word}_{i}_{turn}",
                f"{{performed: {event}, {word}: {of}, gte: {least}, within: {days} days}}",
                partial(_counted, event=event, days=days, having=f"{function or 'count(distinct category)'} >= {least}"),
            )


def _traits(turn: int) -> Iterator[Case]:
    for i in range(8):
        event, days = _BROWSED[i % 6], _DAYS[i % 4] + turn
        plan = ("pro", "business")[i % 2]
        yield Case(
            f"person_and_event_{i}_{turn}",
            f"{{all: [{{trait: plan, equals: {plan}}}, {{performed: {event}, within: {days} days}}]}}",
            partial(_trait_and_event, trait=f"plan = '{plan}'", event=event, days=days),
        )
    age = 30 + turn % 40
    yield Case(f"person_0_{turn}", f"{{trait: age, gte: {age}}}", partial(_people, where=f"age >= {age}"))
    yield Case(
        f"person_1_{turn}",
        f"{{all: [{{trait: country, one_of: [DE, FR]}}, {{trait: age, lt: {age}}}]}}",
        partial(_people, where=f"country in ('DE', 'FR') and age < {age}"),
    )
    yield Case(
        f"person_2_{turn}",
        f"{{any: [{{trait: plan, equals: business}}, {{trait: age, equals: {age}}}]}}",
        partial(_people, where=f"plan = 'business' or age = {age}"),
    )
    yield Case(
        f"person_3_{turn}",
        f"{{all: [{{trait: consent, equals: true}}, {{not: {{trait: age, gte: {age}}}}}]}}",
        partial(_people, where=f"consent and age < {age}"),
    )


def _negations(turn: int) -> Iterator[Case]:
    for i in range(8):
        event, days = _COUNTED[i], _DAYS[1 + i % 3] + turn
        yield Case(
            f"lapsed_{i}_{turn}",
            f"{{all: [{{performed: {event}}}, {{not_performed: {event}, within: {days} days}}]}}",
            partial(_lapsed, event=event, days=days),
        )
    for i, event in enumerate(("Signed In", "Order Completed")):
        days = _DAYS[2 * i + 1] + turn
        yield Case(
            f"never_{i}_{turn}",
            f"{{not_performed: {event}, within: {days} days}}",
            partial(_never, event=event, days=days),
        )


def _sequences(turn: int) -> Iterator[Case]:
    steps = (
        ("Product Viewed", "Product Added"), ("Product Added", "Order Completed"), ("Email Opened", "Email Clicked"),
        ("Checkout Started", "Payment Failed"), ("Product Searched", "Product Viewed"), ("Coupon Entered", "Order Completed"),
        ("Video Started", "Video Finished"), ("Order Completed", "Order Refunded"),
    )  # fmt: skip
    for i, (first, second) in enumerate(steps):
        days, hours = _DAYS[1 + i % 3] + turn, (1, 24, 72, 168)[i % 4]
        yield Case(
            f"two_steps_{i}_{turn}",
            f"{{performed: {first}, within: {days} days, then: [{{performed: {second}, within: {hours} hours}}]}}",
            partial(_two_steps, first=first, second=second, days=days, hours=hours),
        )
    for i, (first, second) in enumerate(steps[:6]):
        days, hours, same = _DAYS[i % 2 + 1] + turn, (24, 72)[i % 2], i % 3 == 1
        where = ", where: {property: cart_id, equals: {parent: cart_id}}" if same else ""
        yield Case(
            f"two_steps_not_{i}_{turn}",
            f"{{performed: {first}, within: {days} days, then: [{{not_performed: {second}, within: {hours} hours{where}}}]}}",
            partial(_two_steps_not, first=first, second=second, days=days, hours=hours, same=same),
        )
    chains = (
        ("Product Viewed", "Product Added", "Order Completed"), ("Product Searched", "Product Added", "Checkout Started"),
        ("Page Viewed", "Checkout Started", "Order Completed"), ("Email Opened", "Product Viewed", "Product Added"),
        ("Signed In", "Cart Viewed", "Order Completed"), ("Coupon Entered", "Checkout Started", "Order Completed"),
    )  # fmt: skip
    for i, chain in enumerate(chains):
        first, second, third = chain
        days, whole = _DAYS[1 + i % 3] + turn, (1, 7)[i % 2]
        yield Case(
            f"three_steps_{i}_{turn}",
            f"{{performed: {first}, within: {days} days, complete_within: {whole} days, "
            f"then: [{{performed: {second}, then: [{{performed: {third}}}]}}]}}",
            partial(_three_steps, chain=chain, days=days, whole=whole),
        )
    for i, chain in enumerate(chains[:4]):
        first, second, third = chain
        days = _DAYS[1 + i % 2] + turn
        yield Case(
            f"three_steps_not_{i}_{turn}",
            f"{{performed: {first}, within: {days} days, then: [{{performed: {second}, within: 24 hours, "
            f"then: [{{not_performed: {third}, within: 24 hours}}]}}]}}",
            partial(_three_steps_not, chain=chain, days=days),
        )


def _references(turn: int) -> Iterator[Case]:
    """Audiences of audiences, and accounts."""
    pairs = (
        ("count_0", "lapsed_0"),
        ("sum_1", "two_steps_1"),
        ("person_0", "count_1"),
        ("never_0", "person_1"),
        ("max_0", "sum_2"),
    )
    for i, (one, other) in enumerate(pairs):
        inside, outside = f"{one}_{turn}", f"{other}_{turn}"
        yield Case(
            f"audiences_{i}_{turn}",
            f"{{all: [{{in_audience: {inside}}}, {{not_in_audience: {outside}}}]}}",
            partial(_in_and_not_in, inside=inside, outside=outside),
        )
    for i, event in enumerate(("Order Completed", "Signed In", "Product Added")):
        days = _DAYS[i] + turn
        yield Case(
            f"accounts_{i}_{turn}",
            f"{{all: [{{trait: tier, equals: large}}, "
            f"{{users: any, who: {{performed: {event}, at_least: 2, within: {days} days}}}}]}}",
            partial(_accounts, event=event, days=days),
            of="accounts",
        )


def _counted(d: Dialect, *, event: str, days: int | None, having: str, where: str = "", until_days: int = 0) -> str:
    counted = d.rows(event, d.aged(days, until_days), where)
    return f"select user_id {counted} group by user_id having {having}"


def _people(d: Dialect, *, where: str) -> str:
    return f"select user_id from people where {where}"


def _trait_and_event(d: Dialect, *, trait: str, event: str, days: int) -> str:
    return f"select user_id from people where {trait} and user_id in (select user_id {d.rows(event, d.aged(days))})"


def _lapsed(d: Dialect, *, event: str, days: int) -> str:
    return f"select user_id {d.rows(event, d.aged(None))} group by user_id having max(occurred_at) < {d.ago(days)}"


def _never(d: Dialect, *, event: str, days: int) -> str:
    return f"select user_id from people where user_id not in (select user_id {d.rows(event, d.aged(days))})"


def _two_steps(d: Dialect, *, first: str, second: str, days: int, hours: int) -> str:
    return d.followed(first, second, days=days, hours=hours)


def _two_steps_not(d: Dialect, *, first: str, second: str, days: int, hours: int, same: bool) -> str:
    return d.not_followed(first, second, days=days, hours=hours, key="cart_id" if same else None)


def _three_steps(d: Dialect, *, chain: tuple[str, str, str], days: int, whole: int) -> str:
    return d.chain(chain, days=days, whole=whole)


def _three_steps_not(d: Dialect, *, chain: tuple[str, str, str], days: int) -> str:
    return d.chain_not(chain, days=days, hours=24)


def _in_and_not_in(d: Dialect, *, inside: str, outside: str) -> str:
    members = "select id from members where audience = "
    return f"select id from members where audience = '{inside}' and id not in ({members}'{outside}')"


def _accounts(d: Dialect, *, event: str, days: int) -> str:
    often = f"select user_id {d.rows(event, d.aged(days))} group by user_id having count(*) >= 2"
    return (
        "select account_id from accounts where tier = 'large' "
        f"and account_id in (select account_id from account_members where user_id in ({often}))"
    )


def chosen(choice: int | str) -> list[Case]:
    """So many audiences, or with `sample` one of each form of the first hundred and what it refers to."""
    if choice != "sample":
        return cases(int(choice))
    kept, forms = [], set()
    for case in _hundred(0):
        form = case.key.rstrip("0123456789_")
        if form not in forms:
            forms.add(form)
            kept.append(case)
    return kept
