"""What stands in a FROM clause: a stored table, or a query with its columns and where each comes from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from datagov.lineage.catalog import Catalog, Table
from datagov.lineage.flow import (
    AMBIGUOUS,
    BY_ELIMINATION,
    KIND_BITS,
    NOT_IN_SCHEMA,
    QUALIFIED,
    REASON_SHIFT,
    SCHEMA_RESOLVED,
    STAR_THROUGH_UNKNOWN,
    STAR_UNRESOLVED,
    Deps,
    base,
    doubted,
    merged,
)
from datagov.lineage.quoted import is_covered

STAR = "*"


class Fields(Protocol):
    """The fields of a struct a query built."""

    def __call__(self, path: tuple[str, ...]) -> Deps | None:
        """What the field ``path`` depends on; None when it cannot be told from the other fields."""
        ...

    def row(self) -> Iterable[tuple[str, Deps]]:
        """The fields in order, each with what it depends on; empty when they are not known."""
        ...


class Relation(Protocol):
    """Anything columns can be asked of."""

    @property
    def closed(self) -> bool:
        """Are all columns known?"""
        ...

    def has(self, name: str) -> bool:
        """Is ``name`` known to be a column?"""
        ...

    def column(self, name: str, reason: int, place: int) -> Deps | None:
        """Where the column ``name`` comes from; None when it cannot be one."""
        ...

    def star(self, place: int) -> Iterable[tuple[str, Deps]]:
        """All columns in order; what cannot be listed is one column called ``*``."""
        ...


@dataclass(slots=True, eq=False)
class Stored:
    """A table, view or path as it is at this point of the script. ``sure`` are columns the statement shows it has."""

    catalog: Catalog
    table: Table
    sure: frozenset[str] = frozenset()

    @property
    def closed(self) -> bool:
        """Are all columns known?"""
        return self.table.columns is not None

    def has(self, name: str) -> bool:
        """Is ``name`` known to be a column?"""
        return name in self.table.known or name in self.sure

    def column(self, name: str, reason: int, place: int) -> Deps | None:
        """Where the column ``name`` comes from; None when the table is known to lack it."""
        table = self.table
        number = table.numbers.get(name)
        if name in table.known:
            reason = SCHEMA_RESOLVED
        elif table.columns is not None:
            return None
        elif is_covered(name):
            return {}
        if number is None:
            number = self.catalog.number(table, name)
        return {number << KIND_BITS: reason << REASON_SHIFT | place}

    def presumed(self, name: str, place: int) -> Deps:
        """The column although the catalog does not have it: catalogs go stale."""
        return base(self.catalog.number(self.table, name), NOT_IN_SCHEMA, place)

    def star(self, place: int) -> Iterable[tuple[str, Deps]]:
        """All columns in order, or one column called ``*``."""
        if self.table.columns is None:
            return [(STAR, base(self.catalog.number(self.table, STAR), STAR_UNRESOLVED, place))]
        number, table = self.catalog.number, self.table
        return [(name, base(number(table, name), SCHEMA_RESOLVED, place)) for name in self.table.columns]


@dataclass(slots=True, eq=False)
class Remainder:
    """The columns a star took from a relation whose columns are not all known."""

    relation: Relation
    without: frozenset[str] = frozenset()
    renamed: dict[str, str] = field(default_factory=dict)

    def column(self, name: str, reason: int, place: int) -> Deps | None:
        """The column ``name`` of the remainder, or None when the star left it out."""
        original = self.renamed.get(name, name)
        if original in self.without:
            return None
        return self.relation.column(original, reason, place)


@dataclass(slots=True, eq=False)
class Derived:
    """The result of a query: named columns with their dependencies, and what influenced it as a whole.

    ``own`` holds the influences of this query's own clauses, ``inputs`` the relations it reads;
    ``anything`` answers for every column of a source whose columns cannot be told apart, ``fields`` for
    every field that is asked for by the source's name (an unnested struct); ``structs`` answers for the fields
    of columns the query builds as structs.
    """

    names: list[str] = field(default_factory=list)
    deps: list[Deps] = field(default_factory=list)
    index: dict[str, int] = field(default_factory=dict)
    remainders: list[Remainder] = field(default_factory=list)
    anything: Deps | None = None
    fields: Deps | None = None
    own: Deps = field(default_factory=dict)
    inputs: list[Relation] = field(default_factory=list)
    structs: dict[str, Fields] | None = None

    @property
    def closed(self) -> bool:
        """Are all columns known?"""
        return not self.remainders and self.anything is None

    def add(self, name: str, deps: Deps) -> None:
        """Append a column; of two with one name the first is found by name."""
        names = self.names
        if name not in self.index:
            self.index[name] = len(names)
        names.append(name)
        self.deps.append(deps)

    def has(self, name: str) -> bool:
        """Is ``name`` known to be a column?"""
        return name in self.index

    def column(self, name: str, reason: int, place: int) -> Deps | None:
        """Where the column ``name`` comes from; None when it cannot be one."""
        position = self.index.get(name)
        if position is not None:
            return self.deps[position]
        found = [
            deps
            for remainder in self.remainders
            if (deps := remainder.column(name, max(reason, STAR_THROUGH_UNKNOWN), place)) is not None
        ]
        if len(found) == 1:
            doubt = BY_ELIMINATION if len(self.remainders) > 1 else 0
            return doubted(found[0], doubt) if doubt else found[0]
        if found:
            return merged([doubted(deps, AMBIGUOUS) for deps in found])
        if self.fields is not None and reason == QUALIFIED:
            return self.fields
        return self.anything

    def star(self, place: int) -> Iterable[tuple[str, Deps]]:
        """All columns in order; what cannot be listed is one column called ``*``."""
        if self.anything is not None and not self.names:
            return [(STAR, self.anything)]
        return zip(self.names, self.deps, strict=True)


def numbered(relation: Relation, name: str, place: int) -> Deps | None:
    """Snowflake: ``$2`` is the second column of a source; of a staged file it is a field of its own.

    Of a table whose columns are not known it stays a column called so, and is doubted.
    """
    if relation.has(name) or (isinstance(relation, Stored) and relation.table.dataset.startswith("path:")):
        return relation.column(name, QUALIFIED, place)
    for number, (column, deps) in enumerate(relation.star(place), 1):
        if column == STAR:
            found = relation.column(name, QUALIFIED, place)
            return doubted(found, STAR_UNRESOLVED) if found is not None else None
        if name == f"${number}":
            return deps
    return None


def surely(stored: Stored, names: Iterable[str]) -> Stored:
    """A table that has at least the columns ``names``, because the statement writes them."""
    return stored if stored.closed else Stored(stored.catalog, stored.table, frozenset(names))


def renamed(relation: Relation, names: list[str], place: int) -> Derived:
    """``relation`` with its first columns called ``names``, as a column list after an alias does."""
    out = Derived(inputs=[relation])
    columns = list(relation.star(place))
    if isinstance(relation, Derived) and relation.anything is not None and not relation.names:
        for name in names:
            out.add(name, relation.anything)
        return out
    if columns and columns[0][0] == STAR and isinstance(relation, Derived) and 1 < len(columns) <= len(names):
        return _renamed_after_star(relation, columns[1:], names, place)
    if STAR in (name for name, _ in columns):
        whole = merged([deps for _, deps in columns])
        for name in names:
            out.add(name, doubted(whole, STAR_UNRESOLVED))
        return out
    for position, (name, deps) in enumerate(columns):
        out.add(names[position] if position < len(names) else name, deps)
    for name in names[len(columns) :]:
        out.add(name, getattr(relation, "anything", None) or {})
    return out


def _renamed_after_star(relation: Derived, made: list[tuple[str, Deps]], names: list[str], place: int) -> Derived:
    """A list over ``*, made…``: its last names are the made columns, those before keep their own names."""
    out = Derived(inputs=[relation])
    kept = len(names) - len(made)
    for name in names[:kept]:
        out.add(name, doubted(relation.column(name, STAR_THROUGH_UNKNOWN, place) or {}, STAR_THROUGH_UNKNOWN))
    for name, (_, deps) in zip(names[kept:], made, strict=True):
        out.add(name, deps)
    return out


def tables_read(root: Relation) -> list[Table]:
    """The stored tables a relation is made of."""
    return influences(root)[1]


def influences(root: Relation) -> tuple[Deps, list[Table]]:
    """The dataset-level influences on a relation, and the stored tables read, each once in order of
    reading.
    """
    own: Deps = {}
    tables: dict[int, Table] = {}
    seen: set[int] = set()
    stack: list[Relation] = [root]
    while stack:
        relation = stack.pop()
        if id(relation) in seen:
            continue
        seen.add(id(relation))
        if isinstance(relation, Stored):
            tables.setdefault(id(relation.table), relation.table)
        elif isinstance(relation, Derived):
            for key, value in relation.own.items():
                old = own.get(key)
                if old is None or value < old:
                    own[key] = value
            stack.extend(reversed(relation.inputs))
    return own, list(tables.values())
