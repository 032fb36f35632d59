"""Sequences on DuckDB, each form for itself: `python benchmarks/funnels.py [EVENTS...]`, without arguments 100,000 and 200,000.

One robot did so many of each step within 30 days, and 1,000 people a few. Each line gives the seconds of an audience's whole
statement (members and when they change, best of three), and how much longer the larger takes.

On 26 November 2026, DuckDB 2.0.0 on two cores, 100,000 and 200,000:

    three steps                         0.30 s    0.56 s    1.89 times
    three steps complete within         0.48 s    0.89 s    1.84 times
    two of each complete within         0.47 s    0.80 s    1.72 times
    ever                                0.30 s    0.53 s    1.75 times
    same key                            0.21 s    0.38 s    1.86 times
    not performed                       0.18 s    0.37 s    2.05 times
    at least three                      0.17 s    0.34 s    2.03 times
    after and without                   0.17 s    0.26 s    1.56 times
    without the same key                0.28 s    0.53 s    1.92 times
    another key                         0.33 s    0.63 s    1.92 times
    any name                            0.39 s    0.82 s    2.09 times
    there and back                      0.58 s    1.00 s    1.73 times
    sum                                 0.26 s    0.45 s    1.77 times
    average of the same key             0.38 s    0.72 s    1.86 times
    greatest                            0.22 s    0.41 s    1.88 times
    different values                    1.93 s    4.43 s    2.30 times
    an item of an array                 0.49 s    1.06 s    2.15 times
    in the list above                   0.59 s    1.22 s    2.09 times
    greater than the parent's           4.19 s   11.97 s    2.86 times

and on 27 November:

    not in time                         0.37 s    0.75 s    2.02 times
    either complete within              0.40 s    0.80 s    1.99 times
    one of two keys                     0.36 s    0.73 s    2.01 times
    none of two keys                    0.44 s    0.89 s    2.01 times
    a text within                       0.36 s    0.72 s    2.03 times
    a text not within                   0.42 s    0.82 s    1.96 times
    begins with the parent's            0.22 s    0.42 s    1.90 times
    none of the list above              0.45 s    0.93 s    2.06 times
    a text of the list within           2.65 s    5.55 s    2.09 times
    a key or a text within              0.59 s    1.16 s    1.97 times

and on 28 November, once each, the last two twice:

    another key followed in time           2.47 s    5.35 s    2.16 times
    not back in time                       1.11 s    2.16 s    1.94 times
    not back after three in time           2.60 s    5.75 s    2.21 times
    the greatest followed in time          1.11 s    2.12 s    1.90 times
    the least of the key followed in time  2.83 s    7.56 s    2.67 times
    two back in time                       1.94 s    3.66 s    1.89 times
    two of the list followed in time       3.65 s    7.62 s    2.09 times
    another value followed in time         2.89 s    6.67 s    2.31 times
    one of these after three in time       2.94 s    6.33 s    2.15 times
    none of these after three in time      4.39 s    8.30 s    1.89 times
    without another value                  0.61 s    1.18 s    1.94 times
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
_CART = "{property: cart, equals: {parent: cart}}"
_OTHER = "{property: cart, not_equals: {parent: cart}}"
_SAME = f"where: {_CART}"
_LISTED = "{property: cart, one_of: {parent: seen}}"
_B = "performed: B, within: 1 day"
FORMS = {
    "three steps": f"then: [{{{_B}, then: [{{performed: C, within: 1 day}}]}}]",
    "three steps complete within": f"complete_within: 7 days, then: [{{{_B}, then: [{{performed: C, within: 1 day}}]}}]",
    "two of each complete within": "complete_within: 1 day, then: [{performed: B, at_least: 2, then: [{performed: C}]}]",
    "not in time": "complete_within: 1 day, then: [{performed: B, then: [{performed: C}]}, {not_performed: C, within: 1 hour}]",
    "either complete within": "complete_within: 1 day, "
    "then: {any: [{performed: B, then: [{performed: C}]}, {performed: C, sum: v, gte: 9}]}",
    "not followed in time": "complete_within: 1 day, then: [{performed: B, then: [{not_performed: C}]}]",
    "one of these followed in time": "complete_within: 1 day, "
    f"then: [{{{_B}, {_SAME}, at_most: 2, then: {{any: [{{performed: C, {_SAME}}}, {{not_performed: C, within: 1 hour}}]}}}}]",
    "another key followed in time": "complete_within: 1 day, "
    f"then: [{{performed: B, {_SAME}, then: [{{performed: C, where: {{property: v, equals: {{parent: v}}}}}}]}}]",
    "not back in time": "complete_within: 1 day, then: [{performed: B, then: [{not_performed: A}]}]",
    "back in time": "complete_within: 1 day, then: [{performed: B, then: [{performed: C, then: [{performed: A}]}]}]",
    "not back after three in time": "complete_within: 1 day, "
    "then: [{performed: B, then: [{performed: C, then: [{not_performed: A, within: 10 minutes}]}]}]",
    "a text not followed in time": "complete_within: 1 day, "
    "then: [{performed: B, then: [{not_performed: C, where: {property: cart, starts_with: {parent: cart}}}]}]",
    "a text of the key followed in time": "complete_within: 1 day, "
    f"then: [{{performed: B, {_SAME}, then: [{{performed: C, where: {{property: cart, ends_with: {{parent: cart}}}}}}]}}]",
    "the greatest followed in time": "complete_within: 1 day, "
    "then: [{performed: B, then: [{performed: C, within: 1 hour, max: v, lt: 99}]}]",
    "the least of the key followed in time": "complete_within: 1 day, "
    f"then: [{{performed: B, then: [{{performed: C, {_SAME}, min: v, equals: 0}}]}}]",
    "two back in time": "complete_within: 1 day, "
    "then: [{performed: B, at_least: 2, then: [{performed: C, within: 1 hour, then: [{performed: A, within: 1 hour}]}]}]",
    "two of the list followed in time": "complete_within: 1 day, "
    f"then: [{{performed: B, then: [{{performed: C, at_least: 2, where: {_LISTED}}}]}}]",
    "another value followed in time": "complete_within: 1 day, "
    f"then: [{{performed: B, then: [{{performed: C, where: {_OTHER}}}]}}]",
    "one of these after three in time": "complete_within: 1 day, "
    "then: [{performed: B, then: [{performed: C, then: {any: [{performed: B}, {performed: A, at_least: 2}]}}]}]",
    "none of these after three in time": "complete_within: 1 day, "
    "then: [{performed: B, then: [{performed: C, within: 1 hour, then: "
    "[{not_performed: B, within: 2 minutes}, {not_performed: A}]}]}]",
    "ever": "then: [{performed: B, then: [{performed: C}]}]",
    "same key": f"then: [{{{_B}, {_SAME}}}]",
    "not performed": f"then: [{{not_performed: B, within: 1 day, {_SAME}}}]",
    "at least three": f"then: [{{{_B}, at_least: 3}}]",
    "after and without": "then: [{performed: B, after: 1 hour, within: 1 day, without: C}]",
    "without the same key": f"then: [{{{_B}, without: {{performed: C, {_SAME}}}}}]",
    "without one of the list": f"then: [{{{_B}, without: {{performed: C, where: {_LISTED}}}}}]",
    "without another value": f"then: [{{{_B}, without: {{performed: C, where: {_OTHER}}}}}]",
    "another key": f"then: [{{{_B}, at_least: 2, where: {_OTHER}}}]",
    "any name": "then: [{performed: '*', within: 1 day}]",
    "there and back": f"then: [{{{_B}, then: [{{performed: A, within: 1 day}}]}}]",
    "sum": f"then: [{{{_B}, sum: v, gte: 500}}]",
    "average of the same key": f"then: [{{{_B}, avg: v, lt: 50, {_SAME}}}]",
    "greatest": f"then: [{{{_B}, max: v, lte: 99}}]",
    "different values": f"then: [{{{_B}, unique: v, gte: 5}}]",
    "an item of an array": f"then: [{{{_B}, where: {{property: seen.$, equals: {{parent: cart}}}}}}]",
    "in the list above": f"then: [{{{_B}, where: {_LISTED}}}]",
    "one of two keys": f"then: [{{{_B}, where: {{any: [{_CART}, {{property: v, equals: {{parent: v}}}}]}}}}]",
    "none of two keys": f"then: [{{{_B}, where: {{none: [{_CART}, {{property: v, equals: {{parent: v}}}}]}}}}]",
    "a text within": f"then: [{{{_B}, where: {{property: cart, contains: {{parent: cart}}}}}}]",
    "a text not within": f"then: [{{{_B}, where: {{property: cart, not_contains: {{parent: cart}}}}}}]",
    "begins with the parent's": f"then: [{{{_B}, where: {{property: cart, starts_with: {{parent: cart}}}}}}]",
    "none of the list above": f"then: [{{{_B}, where: {{property: cart, none_of: {{parent: seen}}}}}}]",
    "a text of the list within": f"then: [{{{_B}, where: {{property: cart, contains_any: {{parent: seen}}}}}}]",
    "a key or a text within": f"then: [{{{_B}, where: {{any: [{_CART}, {{property: cart, contains: {{parent: v}}}}]}}}}]",
    "greater than the parent's": f"then: [{{{_B}, where: {{property: v, gt: {{parent: v}}}}}}]",
}
_EVENTS = """
insert into raw.calls (message_id, type, occurred_at, user_id, event, properties, loaded_at)
select
    event || '-' || i, 'track',
    timestamp '2026-01-30' + to_microseconds(cast(hash(event || i) % 2592000 as bigint) * 1000000),
    case when i < {count} then 'robot' else 'user-' || i % 1000 end,
    event, '{{"cart":' || hash(i) % 1000 || ',"v":' || hash('v' || event || i) % 100
    || ',"seen":[' || hash('s' || i) % 1000 || ',' || hash('t' || i) % 1000 || ']}}', timestamp '2026-03-01'
from range({count} + 3000) as t(i), (values ('A'), ('B'), ('C')) as names(event)
"""


def main(counts: list[int]) -> None:
    """Print the seconds of each form for each number of events."""
    sys.path.insert(0, str(ROOT / "python"))
    from dbt_audiences.core.warehouse import instant_literal
    from dbt_audiences.flow import evaluate
    from dbt_audiences.flow.evaluate import Evaluator
    from dbt_audiences.flow.init import init
    from dbt_audiences.flow.workspace import Workspace

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "shop"
        init(root, now=AS_OF)
        for path in [*(root / "audiences").glob("*.yml"), *(root / "traits").glob("*.yml")]:
            path.unlink()
        for number, asks in enumerate(FORMS.values()):
            text = f"audience: form_{number}\nwho: {{performed: A, within: 30 days, {asks}}}\n"
            (root / "audiences" / f"form_{number}.yml").write_text(text, encoding="utf-8")
        Workspace(root).compile(check=False)
        asked = Evaluator(root, [f"form_{number}" for number in range(len(FORMS))])
    seconds: dict[str, list[float]] = {form: [] for form in FORMS}
    for count in counts:
        people = [
            evaluate.Person(name, {"user_id": [name]}, AS_OF, []) for name in ("robot", *(f"user-{i}" for i in range(1000)))
        ]
        with asked.load(people) as loaded:
            warehouse = loaded._warehouse
            warehouse.execute("set threads = 2")
            warehouse.execute(_EVENTS.format(count=count))
            loaded.answers(AS_OF)  # builds what the statements read
            for number, form in enumerate(FORMS):
                sql = asked.models[f"form_{number}"].replace(instant_literal(evaluate._ANY_AS_OF), instant_literal(AS_OF))
                taken = []
                for _ in range(3):
                    begun = time.perf_counter()
                    warehouse.fetch(f"select count(*) from ({sql}) as evaluated where is_member or changes_at is not null")
                    taken.append(time.perf_counter() - begun)
                seconds[form].append(min(taken))
                print(f"{count:>9,} {form:32} {min(taken):7.2f} s", flush=True)
    for form, found in seconds.items():
        print(f"{form:32}" + "".join(f"{one:8.2f} s" for one in found) + f"   {found[-1] / found[0]:5.2f} times", flush=True)


if __name__ == "__main__":
    main([int(argument.replace("_", "")) for argument in sys.argv[1:]] or [100_000, 200_000])
