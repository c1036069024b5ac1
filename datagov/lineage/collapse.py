"""Collapse a script: compose edges through its temporary and intermediate tables, from first sources to last
targets.

Composition follows time: an edge out of a table is composed with what had flowed into it up to then. A table
is intermediate when it is temporary, when it is written and a later statement reads it into another dataset, or
when it is only renamed to make room and then dropped; a bare SELECT that looks at the result does not make the
result intermediate.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from datagov.lineage.model import (
    DIRECT,
    INDIRECT,
    PROTECTIONS,
    SUBTYPES,
    ColumnEdge,
    ColumnRef,
    Statement,
)

State = dict[str, dict[str | None, list[ColumnEdge]]]
_REPLACES = frozenset(
    {"CREATE_TABLE_AS", "CREATE_VIEW", "CREATE_TABLE", "RENAME_TABLE", "CREATE_TABLE_CLONE", "SELECT_INTO"}
)


def intermediates(statements: Iterable[Statement]) -> frozenset[str]:
    """The names of the datasets a collapsed trace leaves out."""
    written: set[str] = set()
    temporary: set[str] = set()
    out: set[str] = set()
    put_aside: set[str] = set()
    for statement in statements:
        out.update(put_aside.intersection(statement.dropped))
        for source in statement.sources:
            if source in temporary or (source in written and any(t != source for t in statement.targets)):
                out.add(source)
        if statement.temporary:
            temporary.update(statement.targets)
        put_aside.difference_update(statement.targets)
        if statement.kind == "RENAME_TABLE":
            put_aside.update(t for t in statement.targets if t not in written)
        written.update(t for t in statement.targets if any(source != t for source in statement.sources))
    return frozenset(out)


def collapse(edges: Iterable[ColumnEdge], statements: Iterable[Statement]) -> list[ColumnEdge]:
    """The edges between what is not intermediate."""
    ordered = list(statements)
    between = intermediates(ordered)
    if not between:
        return list(edges)
    by_statement: dict[int, list[ColumnEdge]] = {}
    for edge in edges:
        by_statement.setdefault(edge.statement, []).append(edge)
    state: State = {}
    made: set[str] = {t for s in ordered if s.temporary for t in s.targets}
    out: dict[tuple[ColumnRef, ColumnRef, str], ColumnEdge] = {}
    last_read = _last_read(ordered)
    for position, statement in enumerate(ordered):
        fresh: State = {}
        last = statement.kind == "RENAME_TABLE"
        for edge in by_statement.get(statement.ordinal, ()):
            target = edge.target
            for composed in _through(edge, state, between, made):
                again = last and position > last_read.get(target.dataset, position)
                if again and target.dataset != composed.source.dataset:
                    _keep(out, composed)
                if target.dataset in between:
                    fresh.setdefault(target.dataset, {}).setdefault(target.column, []).append(composed)
                else:
                    _keep(out, composed)
        if statement.kind in _REPLACES or statement.kind == "SWAP_TABLE":
            for name in (
                *statement.targets,
                *(statement.sources if statement.kind == "RENAME_TABLE" else ()),
            ):
                state.pop(name, None)
                made.add(name)
        for name, columns in fresh.items():
            for column, arrived in columns.items():
                state.setdefault(name, {}).setdefault(column, []).extend(arrived)
    return list(out.values())


def _last_read(statements: list[Statement]) -> dict[str, int]:
    """Where each dataset is read into another one for the last time; a name that a table is given after that is
    again a table of its own.
    """
    found: dict[str, int] = {}
    for position, statement in enumerate(statements):
        for source in statement.sources:
            if any(target != source for target in statement.targets):
                found[source] = position
    return found


def _keep(out: dict[tuple[ColumnRef, ColumnRef, str], ColumnEdge], edge: ColumnEdge) -> None:
    key = (edge.source, edge.target, edge.subtype)
    old = out.get(key)
    if old is None or _rank(edge) < _rank(old):
        out[key] = edge


def _rank(edge: ColumnEdge) -> tuple[int, float]:
    return PROTECTIONS.index(edge.protection), -edge.confidence


def _through(edge: ColumnEdge, state: State, between: frozenset[str], made: set[str]) -> list[ColumnEdge]:
    """``edge``, or the edges that reach its source when that is an intermediate table already written.

    A column nothing has flowed into still holds what the table had before the script, unless the script made
    it.
    """
    source = edge.source
    if source.dataset not in between:
        return [edge]
    columns = state.get(source.dataset, {})
    if source.column == "*":
        arrived = [e for column, es in columns.items() if column is not None for e in es]
        out = [
            _composed(earlier, _told(edge, column))
            for column, es in columns.items()
            if column is not None
            for earlier in es
        ]
    else:
        arrived = columns.get(source.column) or [_starred(e, source) for e in columns.get("*", ())]
        out = [_composed(earlier, edge) for earlier in arrived]
    if not arrived and source.dataset not in made:
        return [edge]
    return out + [_composed_whole(e, edge) for e in columns.get(None, ())]


def _told(edge: ColumnEdge, column: str) -> ColumnEdge:
    """A star into a star carries each column that is known to its own name."""
    if edge.target.column != "*" or column == "*":
        return edge
    target = replace(edge.target, column=column)
    return replace(edge, target=target, confidence=0.65, reason="star_through_unknown")


def _starred(edge: ColumnEdge, wanted: ColumnRef) -> ColumnEdge:
    """The column ``wanted`` of a table that was filled by a star nobody could expand."""
    if edge.source.column != "*":
        return edge
    source = replace(edge.source, column=wanted.column, path=wanted.path)
    return replace(edge, source=source, confidence=0.65, reason="star_through_unknown")


def _composed(first: ColumnEdge, second: ColumnEdge) -> ColumnEdge:
    """The edge from the source of ``first`` to the target of ``second``."""
    one, two = SUBTYPES.index(first.subtype), SUBTYPES.index(second.subtype)
    kind = two if two >= 3 else one if one >= 3 else max(one, two)
    protection = max(first.protection, second.protection, key=PROTECTIONS.index)
    surer = first.confidence <= second.confidence
    evidence = first if two == 0 else second
    source = first.source
    if second.source.path and one == 0:
        source = replace(source, path=source.path + second.source.path)
    return replace(
        second,
        source=source,
        type=DIRECT if kind < 3 else INDIRECT,
        subtype=SUBTYPES[kind],
        masking=protection != "none",
        protection=protection,
        confidence=min(first.confidence, second.confidence),
        reason=first.reason if surer else second.reason,
        _text=evidence._text,
        _at=evidence._at,
    )


def _composed_whole(first: ColumnEdge, second: ColumnEdge) -> ColumnEdge:
    """An influence on the whole intermediate table is one on the whole target."""
    return replace(first, target=replace(second.target, column=None, path=()), statement=second.statement)
