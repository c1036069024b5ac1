"""Table functions that pass the rows of a table or a query on: BigQuery's models, Trino's polymorphic functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from datagov.lineage.flow import STAR_UNRESOLVED, TABLE_FUNCTION, TRANSFORMATION, Deps, blend, doubted
from datagov.lineage.relation import STAR, Derived, Relation, Remainder
from datagov.lineage.scope import Context, Scope, first_place

_MODELS = (exp.Predict, exp.MLForecast, exp.MLTranslate, exp.GenerateEmbedding)
_KEEPING = frozenset({"appends", "changes", "range_sessionize", "gap_fill"})
_ROWS = (exp.Subquery, exp.Query, exp.Table)


def passed_rows(call: Any, scope: Scope, context: Context) -> Relation | None:
    """What a function yields that is given rows and keeps their columns; None when ``call`` is another one."""
    if isinstance(call, exp.VectorSearch):
        return _neighbours(call, scope, context)
    if isinstance(call, _MODELS):
        given = [v for v in call.args.values() if isinstance(v, _ROWS) and v is not call.this]
        return _widened([context.query(node, context, scope.ctes, scope) for node in given], frozenset(), call)
    if isinstance(call, exp.Anonymous) and call.name.lower() in _KEEPING:
        given = [item for item in call.expressions if isinstance(item, (exp.Subquery, exp.Query))]
        if given:
            return _widened([context.query(node, context, scope.ctes, scope) for node in given], frozenset(), call)
    if isinstance(call, exp.Anonymous):
        tables = [exp.Table(this=c.this, db=c.args.get("table"), catalog=c.args.get("db")) for c in _tables(call)]
        if not tables:
            return None
        relations = [context.query(node, context, scope.ctes, scope) for node in tables]
        without = next((f for f in call.find_all(exp.Anonymous) if f.name.lower() == "exclude_columns"), None)
        if without is None:
            return _widened(relations, frozenset(), call)
        gone = frozenset(
            context.name(column.this)
            for described in without.find_all(exp.Anonymous)
            if described.name.upper() == "DESCRIPTOR"
            for column in described.find_all(exp.Column)
        )
        return _kept(relations[0], gone, call)
    return None


@dataclass(frozen=True, slots=True)
class _Row:
    """A whole row of a relation as a struct."""

    relation: Relation
    place: int

    def __call__(self, path: tuple[str, ...]) -> Deps | None:
        """What the field ``path`` depends on."""
        return self.relation.column(path[0], TABLE_FUNCTION, self.place)

    def row(self) -> Iterator[tuple[str, Deps]]:
        """The fields in order."""
        yield from self.relation.star(self.place)


def _neighbours(call: Any, scope: Scope, context: Context) -> Derived:
    """``VECTOR_SEARCH(TABLE base, 'column', query)``: the structs ``query`` and ``base``, and their ``distance``."""
    place = first_place(call)
    result = Derived(structs={})
    near: Deps = {}
    searched = call.args.get("column_to_search")
    column = searched.name.lower() if isinstance(searched, exp.Literal) else ""
    for name, node in (("query", call.args.get("query_table")), ("base", call.this)):
        relation = context.query(node, context, scope.ctes, scope) if isinstance(node, _ROWS) else Derived()
        whole: Deps = {}
        for _, deps in relation.star(place):
            blend(whole, deps, TRANSFORMATION, 0, place)
        result.inputs.append(relation)
        result.add(name, doubted(whole, TABLE_FUNCTION))
        result.structs = {**(result.structs or {}), name: _Row(relation, place)}
        blend(near, relation.column(column, TABLE_FUNCTION, place) or whole, TRANSFORMATION, 0, place)
    result.add("distance", doubted(near, TABLE_FUNCTION))
    return result


def _tables(call: Any) -> Iterator[Any]:
    """The columns that name tables: those of every ``TABLE(s.t)`` inside ``call``."""
    for inner in call.find_all(exp.Anonymous):
        only = inner.expressions[0] if inner.name.upper() == "TABLE" and len(inner.expressions) == 1 else None
        if inner is not call and isinstance(only, exp.Column):
            yield only


def _kept(relation: Relation, gone: frozenset[str], call: Any) -> Derived:
    result = Derived(inputs=[relation])
    for name, deps in relation.star(first_place(call)):
        if name not in gone:
            result.add(name, deps)
    if not relation.closed:
        result.remainders.append(Remainder(relation, gone))
    return result


def _widened(relations: list[Relation], gone: frozenset[str], call: Any) -> Derived:
    """The columns given, and others the function makes of all of them."""
    result = Derived(inputs=list(relations))
    everything: Deps = {}
    for relation in relations:
        for name, deps in relation.star(first_place(call)):
            blend(everything, deps, TRANSFORMATION, 0, first_place(call))
            if name != STAR and name not in gone:
                result.add(name, deps)
        if not relation.closed:
            result.remainders.append(Remainder(relation))
    result.anything = doubted(everything, TABLE_FUNCTION)
    result.add(STAR, doubted(everything, STAR_UNRESOLVED))
    return result
