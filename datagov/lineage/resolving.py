"""How a column finds its source: qualified, bare, an alias, a field of a struct, and the last resorts."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

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
from datagov.lineage.quoted import is_covered
from datagov.lineage.relation import Derived, Relation, Stored, numbered
from datagov.lineage.scope import Context, Scope, Unresolved, place_of
from datagov.lineage.words import words

_EVERYWHERE = words(
    """
    ctid xmin xmax tableoid default current_user session_user system_user sysdate systimestamp rownum rowid
    level
    """
)
FIELDS_BY_NUMBER = frozenset({"snowflake"})
"""Where ``$1`` is the first column of a source or field of a staged file; elsewhere it is a parameter."""
_OF_SEQUENCES = frozenset({"nextval", "currval"})


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
            by_number = name[:1] == "$" and context.speech.name in FIELDS_BY_NUMBER
            deps = numbered(relation, name, place) if by_number else relation.column(name, QUALIFIED, place)
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
    built = _field_of_alias(parts, scope, context) or built_field(parts, scope)
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


def _field_of_alias(parts: list[str], scope: Scope, context: Context) -> Deps | None:
    """The field of a struct that the same select list built before: ``struct(a AS x) AS s, s.x``."""
    structs = scope.result.structs
    if not structs or parts[0] not in structs or parts[0] not in scope.aliases or parts[0] in scope.sources:
        return None
    return structs[parts[0]](tuple(parts[1:])) if _alias_wins(parts[0], scope, context) else None


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
        if here.beside:
            here = here.outer
            continue
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
        for relation in () if here.beside else here.sources.values():
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
