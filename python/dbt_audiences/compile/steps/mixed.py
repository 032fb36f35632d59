"""Trees of tests that mix what a child is alone with comparisons with the event above: as sums of counts by sorts.

What a tree says depends, beside the child itself, on which of its comparisons hold. So the children for which it holds are
those of every set of comparisons, each child counted with a weight of its own: for `any: [a, b]` those with a and those with b,
less those with both. The weights are alternating sums over the subsets, computed on the child alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from dbt_audiences.compile.items import Column
from dbt_audiences.compile.jinja import Expression, package_call
from dbt_audiences.compile.needs import is_of_parent, own_comparisons, parent_column
from dbt_audiences.compile.reader import Reader
from dbt_audiences.compile.scene import Scene
from dbt_audiences.compile.steps.keyed import OPPOSITE, opposite
from dbt_audiences.compile.steps.references import ORDER, Pair
from dbt_audiences.compile.where import all_of, comparisons_expression, where_expression
from dbt_audiences.core.definitions import ITEM, All, Any, Comparison, Not, PropertyTest, Where

MOST_ATOMS = 4
"""Comparisons of trees; each doubles the sorts."""


@dataclass(frozen=True, slots=True)
class Part:
    """The children that pass these pairs, each counted so often, below those events above of which this is asked."""

    pairs: list[Pair]
    counted: Expression
    asked: tuple[Expression, ...] = ()


def is_countable(trees: Sequence[Where]) -> bool:
    """Whether all that these trees compare with the event above are plain values, and not their order."""
    pairs = [(test, one) for tree in trees for test, one in _pairs(tree)]
    compared = [one for tree in trees for one in own_comparisons(tree) if is_of_parent(one)]
    return len(compared) == len(pairs) and len(_atoms(pairs)) <= MOST_ATOMS


def parts_of(trees: Sequence[Where], reader: Reader, scene: Scene) -> list[Part]:
    """What adds up to the number of children for which all of the trees hold."""
    pairs = [(test, one) for tree in trees for test, one in _pairs(tree)]
    atoms = _atoms(pairs)
    found: list[Part] = []
    for size in range(len(atoms) + 1):
        for chosen in combinations(atoms, size):
            weights: list[tuple[int, Expression]] = []
            for part in range(size + 1):
                for true in combinations(chosen, part):
                    sign = -1 if (size - part) % 2 else 1
                    weights.append((sign, _all([_judged(tree, frozenset(true), reader) for tree in trees])))
            terms = _added_up(weights)
            if terms:
                same = [atom.pair for atom in chosen if not atom.is_known]
                asked = tuple(_known(atom, scene) for atom in chosen if atom.is_known)
                found.append(Part(same, package_call("step_weight", terms), asked))
    return found or [Part([], "0")]


def _added_up(weights: Sequence[tuple[int, Expression]]) -> list[Expression]:
    """The same tests once each, without those that cancel out or never hold; a test that always holds is None."""
    totals: dict[str, int] = {}
    tests: dict[str, Expression] = {}
    for weight, test in weights:
        if test != "false":
            totals[repr(test)] = totals.get(repr(test), 0) + weight
            tests[repr(test)] = None if test == "true" else test
    return [[total, tests[name]] for name, total in totals.items() if total]


def _all(tests: list[Expression]) -> Expression:
    asked = [test for test in tests if test != "true"]
    return "false" if "false" in tests else all_of(asked) if asked else "true"


def _any(tests: list[Expression]) -> Expression:
    asked = [test for test in tests if test != "false"]
    if "true" in tests:
        return "true"
    return package_call("any_of", asked) if len(asked) > 1 else asked[0] if asked else "false"


def _not(test: Expression) -> Expression:
    if test in ("true", "false"):
        return "true" if test == "false" else "false"
    return package_call("not_true", test)


@dataclass(frozen=True, slots=True)
class Atom:
    """Whether a value of the child compares so with one above; or, with `is_known`, whether that one is there at all."""

    origin: str
    path: tuple[str, ...]
    type: str
    operator: str
    above: Column
    ignore_case: bool
    pair: Pair = field(compare=False)
    is_known: bool = False


def _atoms(pairs: Sequence[tuple[PropertyTest, Comparison]]) -> list[Atom]:
    found: dict[Atom, None] = {}
    for test, comparison in pairs:
        found[_same(test, comparison)] = None
        if comparison.operator in OPPOSITE:
            found[replace(_same(test, comparison), is_known=True)] = None
    return list(found)


def _same(test: PropertyTest, comparison: Comparison) -> Atom:
    pair = Pair(test, comparison)
    pair = opposite(pair) if comparison.operator in OPPOSITE else pair
    operator, type_ = pair.comparison.operator, comparison.type or "presence"
    return Atom(test.origin, test.path, type_, operator, parent_column(comparison), test.ignore_case, pair)


def _pairs(tree: Where) -> Iterator[tuple[PropertyTest, Comparison]]:
    match tree:
        case All(children=children) | Any(children=children):
            for child in children:
                yield from _pairs(child)
        case Not(child=child):
            yield from _pairs(child)
        case PropertyTest() if ITEM not in tree.path:
            for one in tree.comparisons:
                if is_of_parent(one) and one.operator not in ORDER:
                    yield tree, one


def _judged(tree: Where, true: frozenset[Atom], reader: Reader) -> Expression:
    """The tree where just these comparisons hold, as a test of the child alone."""
    match tree:
        case All(children=children):
            return _all([_judged(child, true, reader) for child in children])
        case Any(children=children):
            return _any([_judged(child, true, reader) for child in children])
        case Not(child=child):
            return _not(_judged(child, true, reader))
        case PropertyTest() if any(is_of_parent(one) for one in tree.comparisons):
            own = tuple(one for one in tree.comparisons if not is_of_parent(one))
            tests = [_pair_judged(tree, one, true, reader) for one in tree.comparisons if is_of_parent(one)]
            if own:
                tests.append(comparisons_expression(tree.origin, tree.path, own, tree.ignore_case, reader))
            return _all(tests)
    return where_expression(tree, reader)


def _pair_judged(test: PropertyTest, comparison: Comparison, true: frozenset[Atom], reader: Reader) -> Expression:
    same = _same(test, comparison)
    if comparison.operator not in OPPOSITE:
        return "true" if same in true else "false"
    if same in true or replace(same, is_known=True) not in true:
        return "false"
    return package_call("known", reader.column(same.origin, same.path, same.type))


def _known(atom: Atom, scene: Scene) -> Expression:
    return package_call("known", scene.tables.column_names[atom.above])
