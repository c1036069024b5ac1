"""Names in sight: the sources of one SELECT, its aliases, the queries around it, what a whole statement shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlglot import exp
from sqlglot.tokenizer_core import Token

from datagov.lineage.catalog import Catalog, Table
from datagov.lineage.dialects import Speech
from datagov.lineage.flow import Deps
from datagov.lineage.functions import Functions
from datagov.lineage.quoted import COVER_NOTE, MAYBE_STRING, cover, is_covered
from datagov.lineage.relation import Derived, Relation
from datagov.lineage.source import StatementText
from datagov.lineage.texts import Held

_PSEUDO_COLUMNS = {
    "oracle": "rownum rowid level sysdate systimestamp user uid connect_by_isleaf connect_by_iscycle "
    "sqlcode sqlerrm nextval currval column_value ora_rowscn",
    "bigquery": "_partitiontime _partitiondate _table_suffix _file_name",
    "snowflake": "metadata$action metadata$isupdate metadata$row_id metadata$filename "
    "metadata$file_row_number metadata$start_scan_time level nextval",
    "hive": "input__file__name block__offset__inside__file grouping__id",
    "spark": "input__file__name _metadata grouping__id",
    "databricks": "_metadata _rescued_data",
    "trino": "$path $file_size $file_modified_time $partition $bucket $properties",
    "presto": "$path $file_size $file_modified_time $bucket",
    "athena": "$path $file_size $file_modified_time",
    "sqlite": "rowid _rowid_ oid",
    "tsql": "$action $rowguid $identity",
    "duckdb": "rowid filename",
}


_OF_THE_SESSION = {"postgres": "pg_temp", "redshift": "pg_temp", "sqlite": "temp", "duckdb": "temp"}
"""The schema of temporary tables, where it has a name."""


@lru_cache(maxsize=64)
def pseudo_columns(dialect: str) -> frozenset[str]:
    """Names a dialect answers without any table having such a column."""
    return frozenset(_PSEUDO_COLUMNS.get(dialect, "").split())


@dataclass(slots=True)
class Unresolved:
    """A column that found no source: its name and place, to be told as a problem."""

    name: str
    place: int


@dataclass(slots=True, eq=False)
class Context:
    """What every part of the walk over one statement shares."""

    speech: Speech
    catalog: Catalog
    functions: Functions
    text: StatementText
    variables: dict[str, Deps]
    records: dict[str, Relation]
    pseudo: frozenset[str]
    query: Callable[[exp.Expr, Context, Ctes | None, Scope | None], Relation]
    writing: Callable[[exp.Expr, Context, Ctes | None], Relation]
    held: Held
    lowers: bool
    draft: object = None
    unresolved: list[Unresolved] = field(default_factory=list)
    notes: list[tuple[str, str, int]] = field(default_factory=list)

    def writes(self, table: Table, column: str, deps: Deps) -> None:
        """The statement being read lets ``deps`` flow into a column of ``table``."""
        flow: Any = getattr(self.draft, "flow", None)
        if flow is not None:
            flow(table, column, deps)

    def doubts(self, form: str | None) -> None:
        """The statement has a form that no checked case covers."""
        noted: list[str] | None = getattr(self.draft, "unfamiliar", None)
        if form is not None and noted is not None:
            noted.append(form)

    def name(self, identifier: exp.Expr | None) -> str:
        """The folded name of an identifier node."""
        if identifier is None:
            return ""
        args = identifier.args
        text: Any = args.get("this")
        if text.__class__ is str:
            if args.get("quoted"):
                return self.speech.fold(self.catalog.told(text), quoted=True)
            folded = self.catalog.folded
            name = folded.get(text)
            if name is None:
                told = text if text.isidentifier() else self.catalog.told(text)
                name = folded[text] = told.lower() if self.lowers else self.speech.fold(told, quoted=False)
            return name
        if isinstance(identifier, exp.Parameter):
            return (
                f"@{identifier.name}".lower()
                if self.speech.name in {"tsql", "fabric", "mysql"}
                else f"${identifier.name}"
            )
        return self.speech.fold(self.catalog.told(identifier.name), quoted=False)

    def tokens(self, sql: str) -> list[Token]:
        """The tokens of SQL found inside the statement, quoted values covered."""
        tokens = self.speech.tokens(sql)
        cover(sql, tokens, self.catalog.told)
        return tokens

    def is_string(self, name: str, identifier: exp.Expr) -> bool:
        """Is a name that no source has a string? If it is, it is masked from here on."""
        if is_covered(name):
            return True
        place = place_of(identifier)
        if self.speech.name not in MAYBE_STRING or not identifier.args.get("quoted"):
            return False
        if self.text.script.sql[place : place + 1] != '"':
            return False
        self.text.hide(place)
        self.notes.append(("quoted_name", COVER_NOTE, place))
        return True

    def table(self, node: exp.Expr, *, temporary: bool = False) -> Table:
        """The catalog's entry for a table node."""
        args = node.args
        if not temporary and args.get("db") is None and args.get("catalog") is None:
            name = self._table_part(args["this"]) if args["this"].__class__ is exp.Identifier else ""
            if name and name[0] != "#":
                return self.catalog.find(name, None, None)
        parts: list[str | None] = []
        for key in ("this", "db", "catalog"):
            part = args.get(key)
            if part is None:
                parts.append(None)
            elif part.__class__ is exp.Identifier:
                parts.append(self._table_part(part) or None)
            elif part == "":
                parts.append(None)
            elif isinstance(part, exp.Dot):
                parts.append(".".join(self._table_part(i) for i in part.find_all(exp.Identifier)))
            elif isinstance(part, exp.Parameter):
                parts.append(self.name(part))
                temporary = True
            else:
                parts.append(self._table_part(part) or None)
        name = parts[0] or "?"
        if parts[1] is not None and parts[1] == _OF_THE_SESSION.get(self.speech.name):
            parts[1], temporary = None, True
        if name[0] == "#" and self.speech.name in {"tsql", "fabric"}:
            temporary = True
            parts[1:] = [None, None]
        table = self.catalog.find(name, parts[1], parts[2], plain=temporary and parts[1] is None)
        if temporary:
            table.temporary = True
        return table

    def _table_part(self, part: exp.Expr) -> str:
        """The folded name of one part of a table's name."""
        args = part.args
        key = (args.get("this"), bool(args.get("quoted")))
        if args.get("temporary") or args.get("global_"):
            sign = "##" if args.get("global_") else "#"
            return sign + self.speech.fold_table(self.catalog.told_table(part.name), quoted=key[1])
        if part.__class__ is not exp.Identifier:
            return self.speech.fold_table(self.catalog.told_table(part.name), quoted=key[1])
        known = self.catalog.folded_tables
        name = known.get(key)
        if name is None:
            name = known[key] = self.speech.fold_table(self.catalog.told_table(part.name), quoted=key[1])
        return name


@dataclass(slots=True, eq=False)
class Ctes:
    """The common table expressions in sight, the nearest first."""

    named: dict[str, Relation]
    outer: Ctes | None = None
    values: dict[str, Callable[[Scope], Deps]] = field(default_factory=dict)

    def value(self, name: str) -> Callable[[Scope], Deps] | None:
        """How to resolve the scalar of that name (ClickHouse: ``WITH expression AS name``), or None."""
        here: Ctes | None = self
        while here is not None:
            if name in here.values:
                return here.values[name]
            here = here.outer
        return None

    def find(self, name: str) -> Relation | None:
        """The expression of that name, or None."""
        here: Ctes | None = self
        while here is not None:
            found = here.named.get(name)
            if found is not None:
                return found
            here = here.outer
        return None


@dataclass(slots=True, eq=False)
class Scope:
    """One SELECT: its sources by alias, the aliases of its projections so far, its named windows.

    ``later`` resolves the aliases that stand further on or inside another expression, where the dialect lets them
    be used. ``alone`` is its only source when no alias, variable or pseudo-column can come before that source's
    columns.
    """

    ctes: Ctes | None
    outer: Scope | None
    result: Derived
    sources: dict[str, Relation] = field(default_factory=dict)
    aliases: dict[str, Deps] = field(default_factory=dict)
    aliased: dict[str, exp.Expr] = field(default_factory=dict)
    merged: dict[str, list[str]] = field(default_factory=dict)
    windows: dict[str, exp.Expr] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    later: dict[str, Callable[[], Deps]] = field(default_factory=dict)
    alone: Relation | None = None
    beside: bool = False

    @property
    def fielded(self) -> bool:
        """Does a source hold a struct whose fields are known?"""
        return any(isinstance(relation, Derived) and relation.structs for relation in self.sources.values())


def place_of(node: exp.Expr) -> int:
    """The offset of an identifier in its script."""
    meta: Any = node._meta
    return meta.get("start", 0) if meta else 0


def first_place(node: exp.Expr) -> int:
    """The offset of the first identifier inside a node."""
    for found in node.find_all(exp.Identifier, bfs=False):
        return place_of(found)
    return 0
