"""What follows each event above first: the events that block it, and those by which the chains below it are complete."""

from __future__ import annotations

from dataclasses import replace

from dbt_audiences.compile.jinja import Expression, package_call
from dbt_audiences.compile.scene import Scene
from dbt_audiences.compile.steps.items import Key, items_of
from dbt_audiences.compile.steps.keyed import OPPOSITE, key_of, keyed, opposite, pair_test, sides, without_one
from dbt_audiences.compile.steps.links import Link, mixed_test, trees_of
from dbt_audiences.compile.steps.references import ORDER, Pair, Split
from dbt_audiences.compile.steps.references import split as taken_apart
from dbt_audiences.core.definitions import Any

MOST_MERGED = 4
"""How many of a child's events may be asked for where the events above are linked with them under several keys or names: so
many of each are looked for."""

AT_ONCE: Key = ["occurred_at", "from_at"]
"""The instant of the child and that of the span's begin."""


def completed(links: list[Link], parts: Split, scene: Scene, name: str, by: str, nth: int) -> str:
    """The CTE of when the n-th of the children that follow is complete, for links that equal keys bind; of several links, and
    of lists above, the n-th of all is one of the first n of each."""
    alike = [pair for pair in parts.pairs if pair.comparison.operator not in OPPOSITE]
    differing = [pair for pair in parts.pairs if pair.comparison.operator in OPPOSITE]
    linked = [keyed(link.spans, link.children, alike, items_of(parts), scene, name) for link in links]
    has_lists = any(both.spans != link.spans for link, both in zip(links, linked, strict=True))
    is_merged = nth > 1 and (has_lists or len(links) > 1)
    found: list[Expression] = []
    for link, both in zip(links, linked, strict=True):
        keys = [*both.keys, *([AT_ONCE] if link.is_tied else [])]
        for number in range(1, nth + 1) if is_merged else [nth]:
            if differing:
                of_rows = replace(link, spans=both.spans, children=both.children)
                found.append(_differing(of_rows, keys, differing[0], scene, name, by, number))
                continue
            line = package_call(
                "step_completed_line",
                both.spans,
                both.children,
                by,
                number,
                keys=list(keys) or None,
                strictly=True if link.strictly else None,
                asked=list(link.asked) or None,
                tests=list(link.tests) or None,
            )
            found.append(_first(line, "completed_at", len(keys), scene, name, several=has_lists and not is_merged))
    if is_merged:
        return scene.ctes.add(f"{name}_merged", package_call("step_merged", found, nth))
    return str(found[0]) if len(found) == 1 else scene.ctes.add(f"{name}_soonest", package_call("step_soonest", found))


def _differing(
    link: Link, keys: list[Key], pair: Pair, scene: Scene, name: str, by: str, nth: int = 1, begin: str = "from_at"
) -> str:
    """The CTE of when the n-th of the children is complete that differ from the event above in one value.

    Of all that follow a line of time, it is the one after as many that differ as do before the span begins, and n more.
    """
    ctes, place = scene.ctes, 2 if link.strictly else 0
    below, above = sides(pair, scene)
    tests, asked = [*link.tests, package_call("known", below)], [*link.asked, package_call("known", above)]
    numbered = ctes.add(f"{name}_numbered", package_call("step_numbered", link.children, by, keys=keys or None, tests=tests))
    alike = keyed(link.spans, numbered, [opposite(pair)], [], scene, name)
    keys_alike = [*keys, *alike.keys]
    rows = ctes.add(f"{name}_alike", package_call("step_alike", alike.children, [key[0] for key in keys_alike]))

    def before(spans: str, events: str, pairs: list[Key], own: str, other: str, place: int) -> str:
        call = package_call("step_before", spans, events, list(pairs), [own, other], place, asked=list(asked))
        return ctes.add(f"{name}_before", call)

    all_before = before(link.spans, numbered, keys, begin, "occurred_at", place)
    alike_before = before(link.spans, rows, keys_alike, begin, "occurred_at", place)
    sought = ctes.add(f"{name}_sought", package_call("step_sought", link.spans, all_before, alike_before, nth))
    between = before(sought, rows, keys_alike, "sought", "passed", 0)
    instant = "completed_at" if begin == "from_at" else "blocked_at"
    call = package_call("step_differing", sought, between, numbered, [by, instant], keys=list(keys) or None)
    return ctes.add(f"{name}_differing", call)


def ended(link: Link, parts: Split, scene: Scene, name: str) -> str:
    """The CTE of when the last of the children that follow ceases to hold."""
    keys = [*(key_of(pair, scene) for pair in parts.pairs), *([AT_ONCE] if link.is_tied else [])]
    call = package_call(
        "step_ended_line",
        link.spans,
        link.children,
        keys=list(keys) or None,
        asked=list(link.asked) or None,
        tests=list(link.tests) or None,
    )
    line = scene.ctes.add(f"{name}_ended_line", call)
    return scene.ctes.add(f"{name}_ended", package_call("step_last", line, "ended_at", keys=len(keys) or None))


def blocked(rows: str, blockers: str, parts: Split, scene: Scene, name: str) -> list[str]:
    """The CTEs of when each event is followed by the first that blocks it: by sorts, or by pairs where no order serves."""
    found = []
    for one in _alternatives(parts):
        alike = without_one(one)
        if trees_of(one) or any(pair.comparison.operator in (*OPPOSITE, *ORDER) for pair in alike.pairs):
            tests = [pair_test(pair.test, pair.comparison, scene) for pair in one.pairs]
            tests += [mixed_test(where, one, scene) for where in one.mixed]
            call = package_call("step_blocked_pairs", rows, blockers, tests)
            found.append(scene.ctes.add(f"{name}_blocked", call))
        else:
            both = keyed(rows, blockers, list(alike.pairs), items_of(one), scene, name)
            differing = [pair for pair in one.pairs if pair not in alike.pairs]
            if differing:
                link = Link(both.spans, both.children, strictly=True)
                found.append(_differing(link, both.keys, differing[0], scene, name, "occurred_at", begin="occurred_at"))
                continue
            line = package_call("step_blockers_line", both.spans, both.children, keys=both.keys or None)
            found.append(_first(line, "blocked_at", len(both.keys), scene, name, several=both.spans != rows))
    return found


def _alternatives(parts: Split) -> list[Split]:
    """What blocks in place of an `any` of comparisons with the event above: each of them blocks by itself."""
    trees = trees_of(parts)
    if len(trees) != 1 or not isinstance(trees[0], Any):
        return [parts]
    others = tuple(where for where in parts.mixed if where is not trees[0])
    found = [taken_apart(child) for child in trees[0].children]
    if any(one.alone is not None for one in found):
        return [parts]
    return [replace(one, pairs=(*parts.pairs, *one.pairs), mixed=(*others, *one.mixed)) for one in found]


def _first(line: Expression, instant: str, keys: int, scene: Scene, name: str, *, several: bool = False) -> str:
    kind = instant.removesuffix("_at")
    added = scene.ctes.add(f"{name}_{kind}_line", line)
    call = package_call("step_first", added, instant, keys=keys or None, several=True if several else None)
    return scene.ctes.add(f"{name}_{kind}", call)
