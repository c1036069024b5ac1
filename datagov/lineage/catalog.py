"""What is known of tables while a script is read: the catalog's columns, and what earlier statements made of
them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from datagov.lineage.dialects import Speech
from datagov.lineage.model import ColumnRef, new_ref
from datagov.lineage.paths import told_path
from datagov.lineage.quoted import COVER, is_path, looks_like_value

_LINKED = re.compile(r"[\w$#]+@[\w$#]+")
"""Oracle: a table behind a database link."""
TableKey = tuple[str | None, str | None, str]


@dataclass(slots=True, eq=False)
class Table:
    """A dataset with its columns in order (None: not known) and the numbers its columns have in this
    trace; ``computed`` are those no INSERT without a list writes, ``formulas`` what the table's columns are computed
    from.
    """

    catalog: str | None
    schema: str | None
    name: str
    columns: list[str] | None = None
    temporary: bool = False
    computed: frozenset[str] = frozenset()
    formulas: dict[str, dict[int, int]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    fields: dict[tuple[str, tuple[str, ...]], int] = field(default_factory=dict)
    known: dict[str, int] = field(default_factory=dict)
    dataset: str = field(init=False, default="")

    def __post_init__(self) -> None:
        if self.name.startswith("path:"):
            self.name = f"path:{told_path(self.name[5:])}"
        if self.catalog:
            self.dataset = ".".join(filter(None, (self.catalog, self.schema, self.name)))
        else:
            self.dataset = f"{self.schema}.{self.name}" if self.schema else self.name

    def ref(self, column: str | None, path: tuple[str, ...] = ()) -> ColumnRef:
        """A reference to a column of this table, or to the table."""
        return new_ref(self.name, column, self.schema, self.catalog, path)

    def learn(self, columns: Sequence[str] | None) -> None:
        """Take ``columns`` as the table's columns from here on."""
        if columns is None:
            self.columns, self.known = None, {}
        else:
            self.columns = list(columns)
            self.known = {name: index for index, name in enumerate(columns)}


class Catalog:
    """The tables of one trace, found by name as the dialect compares names."""

    __slots__ = (
        "_by_key",
        "_known",
        "_loose",
        "_suffix",
        "covered",
        "default_catalog",
        "default_schema",
        "folded",
        "folded_tables",
        "functions",
        "moved",
        "refs",
        "returning",
        "speech",
    )

    def __init__(
        self,
        speech: Speech,
        schema: Mapping[str, Sequence[str]] | None,
        default_catalog: str | None,
        default_schema: str | None,
    ) -> None:
        self.speech = speech
        self.default_catalog = default_catalog
        self.default_schema = default_schema
        self.moved = False
        self.refs: list[ColumnRef] = []
        self._known: frozenset[str] | None = None
        self.covered: dict[str, str] = {}
        self.folded: dict[str, str] = {}
        self.folded_tables: dict[tuple[Any, bool], str] = {}
        self.functions: dict[str, Any] = {}
        self.returning: str | None = None
        self._by_key: dict[TableKey, Table] = {}
        self._suffix: dict[tuple[str, ...], list[str] | None] = {}
        self._loose: dict[tuple[str, ...], tuple[str, ...]] = {}
        for dotted, columns in (schema or {}).items():
            self._declare(dotted, columns)

    def _declare(self, dotted: str, columns: Sequence[str]) -> None:
        """Remember a catalog table under every suffix of its name; a suffix two tables share is nobody's."""
        fold = self.speech.fold_table
        parts = tuple(fold(part, quoted=True) for part in _split_name(dotted))
        names = [self.speech.fold(column, quoted=True) for column in columns]
        self._suffix[parts] = names
        for start in range(1, len(parts)):
            tail = parts[start:]
            if tail in self._suffix and len(tail) < len(parts):
                self._suffix[tail] = None if self._suffix[tail] is not names else names
            else:
                self._suffix[tail] = names
        self._loose.setdefault(tuple(part.lower() for part in parts), parts)

    def find(self, name: str, schema: str | None, catalog: str | None, *, plain: bool = False) -> Table:
        """The table of that name, made known on first sight; ``plain`` leaves the defaults off (temp
        tables).
        """
        if not plain:
            bare = self._by_key.get((None, None, name)) if schema is None else None
            if bare is not None and (bare.temporary or not self.moved):
                return bare
            schema = schema or self.default_schema
            catalog = catalog or (self.default_catalog if schema else None)
        key = (catalog, schema, name)
        table = self._by_key.get(key)
        if table is None:
            table = Table(catalog, schema, name)
            self._by_key[key] = table
            if self._suffix:
                table.learn(self._catalogued(tuple(filter(None, key))))
        return table

    def _catalogued(self, parts: tuple[str, ...]) -> list[str] | None:
        for start in range(len(parts)):
            found = self._suffix.get(parts[start:])
            if found is not None and (start == 0 or self._has_exactly(parts[start:])):
                return found
        loose = self._loose.get(tuple(part.lower() for part in parts))
        return self._suffix.get(loose) if loose else None

    def told(self, name: str) -> str:
        """``name``, or what it is called when it looks like a value and the catalog has no such name."""
        if not looks_like_value(name) or self._knows(name):
            return name
        return self.covered.setdefault(name.lower(), f"{COVER}_{len(self.covered) + 1}")

    def told_table(self, name: str) -> str:
        """``told`` for a part of a table's name, which may also be a path or a project."""
        linked = self.speech.name == "oracle" and _LINKED.fullmatch(name)
        return name if linked or is_path(name) else self.told(name)

    def _knows(self, name: str) -> bool:
        if self._known is None:
            columns = {column.lower() for names in self._suffix.values() for column in names or ()}
            self._known = frozenset(columns.union(*(part for part in self._loose)))
        return name.lower() in self._known

    def _has_exactly(self, tail: tuple[str, ...]) -> bool:
        """A shorter catalog name serves a longer SQL name only when the catalog spelled it just so."""
        return self._loose.get(tuple(part.lower() for part in tail)) == tail

    def number(self, table: Table, column: str, path: tuple[str, ...] = ()) -> int:
        """The number of a column of ``table`` in this trace."""
        number = table.fields.get((column, path)) if path else table.numbers.get(column)
        if number is None:
            number = len(self.refs)
            if path:
                table.fields[column, path] = number
            else:
                table.numbers[column] = number
            self.refs.append(table.ref(column, path))
        return number

    def ref(self, number: int) -> ColumnRef:
        """The column that has ``number``."""
        return self.refs[number]

    def nested(self, number: int, path: tuple[str, ...]) -> int:
        """The number of the field ``path`` below the column ``number``."""
        ref = self.refs[number]
        if ref.column is None:
            return number
        table = self.find(ref.table, ref.schema, ref.catalog, plain=True)
        return self.number(table, ref.column, ref.path + path)

    def also_called(self, synonym: Table, table: Table) -> None:
        """The name of ``synonym`` means ``table`` from here on."""
        self._by_key[synonym.catalog, synonym.schema, synonym.name] = table

    def forget(self, table: Table) -> None:
        """A dropped temporary table no longer hides a stored one of its name."""
        self._by_key.pop((table.catalog, table.schema, table.name), None)

    def rename(self, old: Table, new: Table) -> None:
        """After a rename the new name has the old one's columns and the old name none."""
        new.learn(old.columns)
        new.temporary = old.temporary
        old.learn(None)
        old.temporary = False


def _split_name(dotted: str) -> list[str]:
    """``a."b.c".d`` in its parts; quotes of any dialect are taken off."""
    parts: list[str] = []
    closing = {'"': '"', "`": "`", "[": "]"}
    current: list[str] = []
    until = ""
    for char in dotted:
        if until:
            if char == until:
                until = ""
            else:
                current.append(char)
        elif char in closing and not current:
            until = closing[char]
        elif char == ".":
            parts.append("".join(current))
            current = []
        else:
            current.append(char)
    parts.append("".join(current))
    return parts
