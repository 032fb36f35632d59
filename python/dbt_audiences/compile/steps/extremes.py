"""The greatest and the least value of a child, compared with literals: what it says of how many values there are.

The greatest is above 5 if one value is; it is 5 if one is, and none above. Counts are complete in the order of time, which an
aggregate is not, so they serve where `complete_within` bounds the whole.
"""

from __future__ import annotations

from dbt_audiences.compile.comparisons import literal
from dbt_audiences.compile.jinja import Expression, package_call
from dbt_audiences.compile.steps.tree import Test, Tree, Values
from dbt_audiences.core.definitions import Aggregate, All, Any, Comparison, Operator, Value

MIRRORED: dict[str, Operator] = {"gt": "lt", "gte": "lte", "lt": "gt", "lte": "gte"}
COMPARED = (*MIRRORED, "equals", "not_equals")


def is_counted(measure: Aggregate) -> bool:
    """Whether the greatest or least is compared with literals alone: how many lie beyond each and how many at it says all."""
    return measure.function in ("min", "max") and all(
        one.operator in COMPARED and isinstance(one.operand, Value) for one in measure.comparisons
    )


def by_counts(tree: Tree, *, leaves_last: bool = False) -> Tree:
    """The tree with counts of values in place of each greatest and least that is compared with literals.

    leaves_last  those of children that nothing follows stay
    """
    match tree:
        case All(children=children, place=place):
            return All(tuple(by_counts(child, leaves_last=leaves_last) for child in children), place)
        case Any(children=children, place=place):
            return Any(tuple(by_counts(child, leaves_last=leaves_last) for child in children), place)
    measure = tree.child.step.measure
    if not isinstance(measure, Aggregate) or not is_counted(measure) or (leaves_last and tree.child.step.then is None):
        return tree
    found = tuple(_of_extreme(tree, measure, one) for one in measure.comparisons)
    if len(found) == 1:
        return found[0]
    return Any(found, tree.child.place) if tree.negated else All(found, tree.child.place)


def _of_extreme(test: Test, measure: Aggregate, compared: Comparison) -> Tree:
    """One comparison. What waits does so in every part that could make it hold by itself: beside one that waits, none need."""
    assert isinstance(compared.operand, Value)
    operand, operator, place = compared.operand, compared.operator, test.child.place
    if measure.function == "min":
        operator = MIRRORED.get(operator, operator)
    beyond = Values("gt" if measure.function == "max" else "lt", operand)
    at, at_or_beyond = Values("equals", operand), Values("gte" if measure.function == "max" else "lte", operand)

    def some(values: Values, *, waits: bool = test.waits) -> Test:
        return Test(test.child, ">=", 1, False, waits, values)

    def none(values: Values) -> Test:
        return Test(test.child, "<=", 0, False, test.waits, values)

    is_there, missing = some(Values(None, operand), waits=False), none(Values(None, operand))
    if operator in ("gt", "gte"):
        values = beyond if operator == "gt" else at_or_beyond
        return none(values) if test.negated else some(values, waits=test.waits and compared.operator not in ("gt", "gte"))
    if operator in ("lt", "lte"):
        values = at_or_beyond if operator == "lt" else beyond
        parts: tuple[Tree, Tree] = (missing, some(values)) if test.negated else (is_there, none(values))
        return Any(parts, place) if test.negated else All(parts, place)
    is_it: Tree = All((some(at, waits=False), none(beyond)), place)
    is_not: Tree = Any((none(at), some(beyond)), place)
    if operator == "equals":
        return is_not if test.negated else is_it
    return Any((missing, is_it), place) if test.negated else All((is_there, is_not), place)


def of_values(values: Values, measure: Aggregate, column: Expression) -> Expression:
    """The test of a child's event, or of an item of it, by its value."""
    if values.operator is None:
        return package_call("known", column)
    return package_call("compared", column, values.operator, literal(values.literal), measure.as_type)
