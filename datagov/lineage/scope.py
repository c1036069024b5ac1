"""Names in sight: the sources of one SELECT, its aliases, the queries around it, and how a column finds its
source.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlglot import exp
from sqlglot.tokenizer_core import Token

from datagov.lineage.catalog import Catalog, Table
from datagov.lineage.dialects import Speech
from datagov.lineage.flow import (
    ALIAS_REFERENCE,
    AMBIGUOUS,
    BY_ELIMINATION,
    CASE_IGNORED,
    IDENTITY,
    KIND_BITS,
    KIND_MASK,
    NESTED_FIELD,
    QUALIFIED,
    REASON_MASK,
    SOLE_SOURCE,
    USING_MERGED,
    VARIABLE,
    Deps,
    doubted,
    merged,
)
from datagov.lineage.functions import Functions
from datagov.lineage.quoted import COVER_NOTE, MAYBE_STRING, cover, is_covered
from datagov.lineage.relation import Derived, Relation, Stored
from datagov.lineage.source import StatementText
from datagov.lineage.texts import Held
from datagov.lineage.words import words

_EVERYWHERE = words(
    """
    ctid xmin xmax tableoid default current_user session_user system_user sysdate systimestamp rownum rowid
    level
    """
)
_OF_SEQUENCES = frozenset({"nextval", "currval"})
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


def resolve(column: exp.Expr, identifier: exp.Expr, place: int, scope: Scope, context: Context) -> Deps:
    """Where a column expression, whose name ``identifier`` stands at ``place``, comes from; an unresolved one is
    noted and depends on nothing.
    """
    args = column.args
    qualifier = args.get("table")
    if qualifier is None:
        if scope.alone is not None:
            deps = scope.alone.column(context.name(identifier), SOLE_SOURCE, place)
            if deps is not None:
                return deps
        return _unqualified(identifier, scope, context)
    if identifier.__class__ is exp.Literal:
        return _element(args, scope, context)
    name = context.name(identifier)
    table = context.name(qualifier)
    here: Scope | None = scope
    database = args.get("db")
    while here is not None:
        if table in here.hidden:
            return _unqualified(identifier, here, context)
        relation = here.sources.get(table)
        if database is not None:
            relation = _of_schema(table, context.name(database), here) or relation
        if relation is not None:
            if name in context.pseudo and ("$" in name or name[0] == "_") and not relation.has(name):
                return {}
            deps = relation.column(name, QUALIFIED, place)
            return deps if deps is not None else _of(relation, name, QUALIFIED, identifier, context)
        here = here.outer
    record = context.records.get(table)
    if record is not None and database is None:
        if isinstance(record, Stored):
            scope.result.inputs.append(record)
        return doubted(_of(record, name, QUALIFIED, identifier, context), VARIABLE)
    parts = [context.name(args[key]) for key in ("catalog", "db", "table", "this") if args.get(key) is not None]
    return nested(parts, identifier, scope, context)


def _element(args: dict[str, Any], scope: Scope, context: Context) -> Deps:
    """ClickHouse: ``t.1`` is an element of the tuple t."""
    parts = [context.name(args[key]) for key in ("catalog", "db", "table") if args.get(key) is not None]
    if len(parts) == 1:
        return doubted(_unqualified(args["table"], scope, context), NESTED_FIELD)
    return nested(parts, args["table"], scope, context)


def _of_schema(table: str, schema: str, scope: Scope) -> Relation | None:
    """The source that is ``schema.table`` when another table of that name is in sight."""
    wanted = (schema.lower(), table.lower())
    for relation in scope.sources.values():
        if not isinstance(relation, Stored):
            continue
        if ((relation.table.schema or "").lower(), relation.table.name.lower()) == wanted:
            return relation
    return None


def nested(parts: list[str], identifier: exp.Expr, scope: Scope, context: Context) -> Deps:
    """A dotted name whose last parts are fields: ``alias.column.field`` or ``column.field``."""
    place = place_of(identifier)
    if parts[-1] in _OF_SEQUENCES and parts[-1] in context.pseudo:
        return {}
    built = built_field(parts, scope)
    if built is not None:
        return doubted(built, NESTED_FIELD)
    here: Scope | None = scope
    while here is not None:
        relation = here.sources.get(parts[0])
        if relation is not None and len(parts) > 1:
            deps = _of(relation, parts[1], QUALIFIED, identifier, context)
            return below(deps, tuple(parts[2:]), context)
        here = here.outer
    here = scope
    while here is not None:
        for position in range(1, len(parts) - 1):
            relation = here.sources.get(parts[position])
            if relation is not None:
                deps = _of(relation, parts[position + 1], QUALIFIED, identifier, context)
                return below(deps, tuple(parts[position + 2 :]), context)
        here = here.outer
    found = _search(parts[0], scope, context, place)
    if found is not None:
        return below(doubted(found, NESTED_FIELD), tuple(parts[1:]), context)
    context.unresolved.append(Unresolved(parts[-1], place))
    return {}


def built_field(parts: list[str], scope: Scope) -> Deps | None:
    """The field of a struct that a query in sight built, named ``column.field…`` or ``alias.column.field…``."""
    here: Scope | None = scope
    while here is not None:
        for alias, relation in here.sources.items():
            structs = relation.structs if isinstance(relation, Derived) else None
            if not structs:
                continue
            start = 1 if parts[0] == alias else 0
            fields = structs.get(parts[start]) if len(parts) > start + 1 else None
            if fields is not None:
                return fields(tuple(parts[start + 1 :]))
        here = here.outer
    return None


def below(deps: Deps, path: tuple[str, ...], context: Context) -> Deps:
    """The field ``path`` of a column: a field of the source when the column is passed on as it is."""
    if not path:
        return deps
    out: Deps = {}
    for key, value in deps.items():
        if key & KIND_MASK == IDENTITY and value & REASON_MASK != REASON_MASK:
            key = context.catalog.nested(key >> KIND_BITS, path) << KIND_BITS
        out[key] = value
    return out


def _of(relation: Relation, name: str, reason: int, identifier: exp.Expr, context: Context) -> Deps:
    """The column ``name`` of a source that was named; a stale catalog is doubted, not believed."""
    place = place_of(identifier)
    deps = relation.column(name, reason, place)
    if deps is None:
        deps = _other_case(relation, name, place)
    if deps is None and (name in context.pseudo or name in _EVERYWHERE):
        return {}
    if deps is None and is_covered(name):
        return {}
    if deps is None and isinstance(relation, Stored):
        deps = relation.presumed(name, place)
        context.notes.append(
            ("not_in_schema", f"The catalog has no column of this name in {relation.table.dataset}.", place)
        )
    if deps is None:
        context.unresolved.append(Unresolved(name, place))
        return {}
    return deps


def _other_case(relation: Relation, name: str, place: int) -> Deps | None:
    """Valid SQL seldom needs it, but quoted and unquoted spellings do get mixed up."""
    low = name.lower()
    for candidate in getattr(relation, "names", None) or getattr(getattr(relation, "table", None), "columns", ()) or ():
        if candidate.lower() == low:
            deps = relation.column(candidate, CASE_IGNORED, place)
            return doubted(deps, CASE_IGNORED) if deps is not None else None
    return None


def _unqualified(identifier: exp.Expr, scope: Scope, context: Context) -> Deps:
    name = context.name(identifier)
    place = place_of(identifier)
    found = _search(name, scope, context, place)
    if found is not None:
        return found
    return _last_resort(name, identifier, scope, context)


def _search(name: str, scope: Scope, context: Context, place: int) -> Deps | None:
    """The column ``name`` in the nearest scope that can have it."""
    if context.speech.name == "clickhouse":
        value = scope.ctes.value(name) if scope.ctes is not None else None
        if value is not None and not any(relation.has(name) for relation in scope.sources.values()):
            return value(scope)
        later = scope.later.pop(name, None)
        if later is not None:
            return doubted(later(), ALIAS_REFERENCE)
    here: Scope | None = scope
    while here is not None:
        sources = here.sources
        if name in here.merged:
            sides = (sources[alias].column(name, QUALIFIED, place) for alias in here.merged[name])
            return doubted(merged([deps for deps in sides if deps is not None] or [{}]), USING_MERGED)
        if here is scope and name in here.aliases and _alias_wins(name, here, context):
            return doubted(here.aliases[name], ALIAS_REFERENCE)
        found = _in_sources(name, sources, context, place)
        if found is not None:
            return found
        here = here.outer
    return None


def _alias_wins(name: str, scope: Scope, context: Context) -> bool:
    """Does a name mean the alias before it in the select list, and not a column?

    A column the sources are known to have comes first (ClickHouse: the alias). When they are not known, an
    alias whose own expression uses the name shows that there is such a column.
    """
    if context.speech.name == "clickhouse":
        return True
    if not context.speech.lateral_alias:
        return False
    if any(relation.has(name) for relation in scope.sources.values()):
        return False
    node = scope.aliased.get(name)
    return node is None or not any(
        column.args.get("table") is None and context.name(column.this) == name
        for column in node.find_all(exp.Column)
        if column.this.__class__ is exp.Identifier
    )


def _in_sources(name: str, sources: dict[str, Relation], context: Context, place: int) -> Deps | None:
    if len(sources) == 1:
        (relation,) = sources.values()
        if (name in context.variables or name in context.pseudo) and not relation.has(name):
            return context.variables.get(name) or {}
        return relation.column(name, SOLE_SOURCE, place)
    certain = [relation for relation in sources.values() if relation.has(name)]
    if len(certain) == 1:
        reason = SOLE_SOURCE if all(relation.closed for relation in sources.values()) else BY_ELIMINATION
        deps = certain[0].column(name, reason, place)
        return deps if reason == SOLE_SOURCE or deps is None else doubted(deps, reason)
    if certain:
        parts = [doubted(deps, AMBIGUOUS) for r in certain if (deps := r.column(name, AMBIGUOUS, place)) is not None]
        return merged(parts)
    if name in context.variables or name in context.pseudo:
        return context.variables.get(name) or {}
    if name in sources:
        return _row(sources[name], place)
    possible = [
        deps
        for relation in sources.values()
        if not relation.closed and (deps := relation.column(name, BY_ELIMINATION, place)) is not None
    ]
    if not possible:
        return None
    if len(possible) == 1:
        return doubted(possible[0], BY_ELIMINATION)
    return merged([doubted(deps, AMBIGUOUS) for deps in possible])


def _row(relation: Relation, place: int) -> Deps:
    """A source named where a column may stand is its whole row."""
    return merged([deps for _, deps in relation.star(place)] or [{}])


def _last_resort(name: str, identifier: exp.Expr, scope: Scope, context: Context) -> Deps:
    """An alias, a row, another case, a pseudo-column, a stale catalog; else unresolved."""
    place = place_of(identifier)
    if name in scope.aliases:
        return doubted(scope.aliases[name], ALIAS_REFERENCE)
    here: Scope | None = scope
    while here is not None:
        if name in here.sources:
            return _row(here.sources[name], place)
        here = here.outer
    if name in context.variables:
        return context.variables[name]
    if name in context.records:
        return _row(context.records[name], place)
    if name in _EVERYWHERE:
        return {}
    here = scope
    while here is not None:
        for relation in here.sources.values():
            deps = _other_case(relation, name, place)
            if deps is not None:
                return deps
        here = here.outer
    if context.is_string(name, identifier):
        return {}
    stored = [relation for relation in scope.sources.values() if isinstance(relation, Stored)]
    if stored:
        context.notes.append(
            ("not_in_schema", "The catalog has no column of this name in any table of the query.", place)
        )
        return merged([relation.presumed(name, place) for relation in stored])
    context.unresolved.append(Unresolved(name, place))
    return {}
