"""The tables of related rows that a project needs: one for each chain of tables, from the owner down, that a condition goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from dbt_audiences.compile.items import Column
from dbt_audiences.compile.jinja import Call, Expression, package_call, reference, render
from dbt_audiences.compile.names import IDENTIFIER_LENGTH, digest
from dbt_audiences.core.definitions import All, Any, ItemTest, Not, PropertyTest, Related, Where
from dbt_audiences.core.project import Project, RelatedTable
from dbt_audiences.spec.entities import link_of

FOLDER = "entities"

Chain = tuple[str, ...]
"""The kind of owner, and the tables from the owner's down."""


@dataclass(slots=True)
class RelatedTables:
    """What conditions read of related rows."""

    project: Project
    columns: dict[Chain, set[Column]] = field(default_factory=dict)

    def need(self, chain: Chain, columns: Iterable[Column]) -> None:
        """Notes what is read of the rows at the end of a chain."""
        self.columns.setdefault(chain, set()).update(columns)

    def model(self, chain: Chain) -> str:
        """The name of the model of a chain."""
        return _fitted(f"entity_{chain[0]}_{'__'.join(chain[1:])}")

    def links(self, table: str) -> list[str]:
        """The columns that tie rows of a table to those of others that are read together with them."""
        found = set()
        for chain in self.columns:
            for above, below in pairwise(chain[1:]):
                here, there = self._tie(above, below)
                found |= {column for one, column in ((above, here), (below, there)) if one == table}
        return sorted(found)

    def _tie(self, above: str, below: str) -> tuple[str, str]:
        tie = link_of(self.project.related[above], self.project.related[below])
        assert tie is not None, "spec checked it"
        return tie

    def models(self, mappings: Callable[[set[Column]], list[Expression]]) -> Iterator[tuple[str, str]]:
        """Path below `models/` and text of every model; `mappings` gives columns as macros take them."""
        for name in sorted({table for chain in self.columns for table in chain[1:]}):
            yield f"{FOLDER}/{rows_model(name)}.sql", self._rows_text(self.project.related[name])
        for chain in sorted(self.columns):
            yield f"{FOLDER}/{self.model(chain)}.sql", self._chain_text(chain, mappings(self.columns[chain]))

    def _rows_text(self, table: RelatedTable) -> str:
        chains = [chain for chain in self.columns if table.name in chain]
        read = sorted({one.path[0] for chain in chains if chain[-1] == table.name for one in self.columns[chain]})
        owner = table.owners.get("users")
        account = table.owners.get("accounts")
        links = self.links(table.name)
        call = package_call(
            "related_rows",
            reference(table.model),
            table.name,
            key=table.key,
            owner=None if owner is None else list(owner),
            account=None if account is None else account[1],
            links=list(links) or None,
            columns=list(read) or None,
        )
        ties: dict[str, Expression] = {}
        for above, below in (pair for chain in self.columns for pair in pairwise(chain[1:])):
            if above == table.name:
                ties[below] = list(self._tie(above, below))
        return _text("view", {"related_rows": table.name, "links": list(links), "ties": ties}, call, table.model)

    def _chain_text(self, chain: Chain, columns: list[Expression]) -> str:
        name = chain[-1]
        links = len(self.links(name)) or None
        rows = reference(rows_model(name))
        of = "accounts" if chain[0] == "accounts" else None
        if len(chain) == 2:
            call = package_call("related_owned", rows, of=of, links=links, columns=columns or None)
        else:
            here, there = self._tie(chain[-2], name)
            ties: list[Expression] = [self.links(chain[-2]).index(here) + 1, self.links(name).index(there) + 1]
            above = reference(self.model(chain[:-1]))
            call = package_call("related_below", above, rows, ties, links=links, columns=columns or None)
        meta: dict[str, Expression] = {"of": "accounts"} if of else {}
        kind = "guarded_table" if len(chain) == 2 else "tracked_table"
        return _text(kind, meta, call, self.project.related[name].model)


def rows_model(table: str) -> str:
    """The name of the model of all rows of a table, whoever has them."""
    return f"entity_rows_{table}"


def row_tests(where: Where | None) -> Iterator[PropertyTest | ItemTest | Related]:
    """The tests of a row, and what it must have below it, in the order written."""
    match where:
        case All(children=children) | Any(children=children):
            for child in children:
                yield from row_tests(child)
        case Not(child=child):
            yield from row_tests(child)
        case PropertyTest() | ItemTest() | Related():
            yield where


def _fitted(name: str) -> str:
    return name if len(name) <= IDENTIFIER_LENGTH else f"{name[: IDENTIFIER_LENGTH - 9]}_{digest(name)}"


def _text(materialized: str, meta: dict[str, Expression], call: Call, model: str) -> str:
    named: list[tuple[str, Expression]] = [("materialized", materialized), ("schema", "audiences_build")]
    if meta:
        named.append(("meta", meta))
    config = render(Call("config", (), tuple(named)))
    head = f"-- Generated from the declaration of `{model}` by `audiences compile`. Edit its yml."
    return f"{head}\n{{{{ {config} }}}}\n\n{{{{ {render(call)} }}}}\n"
