"""Calls of functions inside an expression: which protection a call gives, which of its arguments only decide."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from datagov.lineage.cleaning import keeps_whole
from datagov.lineage.flow import AGGREGATION, CONDITIONAL, NONE, TRANSFORMATION, blend
from datagov.lineage.functions import plain
from datagov.lineage.model import PROTECTIONS
from datagov.lineage.resolving import resolve
from datagov.lineage.scope import first_place, place_of

if TYPE_CHECKING:
    from datagov.lineage.expression import Walk

_PARTLY = PROTECTIONS.index("partially_masked")


def protection_of(node: Any, walk: Walk, dotted: Any = None) -> int:
    """The protection a call gives to what goes through it; ``dotted`` is the path its name stands behind."""
    functions = walk.context.functions
    if node.__class__ in (exp.Anonymous, exp.AnonymousAggFunc):
        name = plain(node.name)
        if dotted is not None:
            path = ".".join(plain(part.name) for part in dotted.this.find_all(exp.Identifier, bfs=False))
            return functions.get(f"{path}.{name}", functions.get(name, NONE))
        return functions.get(name, NONE)
    for name in _names(node.__class__):
        if name in functions:
            return NONE if functions[name] == _PARTLY and keeps_whole(node) else functions[name]
    return NONE


@lru_cache(maxsize=2048)
def _names(cls: Any) -> tuple[str, ...]:
    return tuple(plain(name) for name in cls.sql_names())


def result(call: Any, path: Any, kind: int, protection: int, walk: Walk) -> None:
    """What a function of the script gives back."""
    from datagov.lineage.called import yielded

    place = first_place(call)
    blend(walk.deps, yielded(call, path, place, walk.context.catalog), kind, protection, place)


def function(node: Any, kind: int, protection: int, walk: Walk) -> None:
    """A call that gives one value per row: it transforms its arguments, except those that only decide."""
    guard = protection_of(node, walk)
    if guard < protection:
        guard = protection
    kind = kind or TRANSFORMATION
    if node.__class__ is exp.Anonymous:
        special = _CALLS.get(plain(node.name))
        if special is not None and special(node, kind, guard, walk):
            return
        held = walk.context.variables.get(node.name.lower())
        if held:
            blend(walk.deps, held, kind, guard, first_place(node))
        if walk.context.catalog.functions:
            result(node, None, kind, guard, walk)
    for value in node.args.values():
        walk.push(value, kind, guard)
        if value.__class__ is exp.Star or (value.__class__ is list and any(v.__class__ is exp.Star for v in value)):
            _whole_rows(node, kind, guard, walk)


def _multi_if(node: Any, kind: int, protection: int, walk: Walk) -> bool:
    """ClickHouse: ``multiIf(condition, value, …, otherwise)``."""
    parts = node.expressions
    for position, part in enumerate(parts):
        decides = position % 2 == 0 and position < len(parts) - 1
        walk.push(part, max(kind, CONDITIONAL) if decides else kind, protection)
    return True


def _choose(node: Any, kind: int, protection: int, walk: Walk) -> bool:
    """T-SQL: ``CHOOSE(n, a, b)``, MySQL: ``ELT(n, a, b)``: the first argument decides which of the others it is."""
    walk.push(node.expressions[1:], kind, protection)
    walk.push(node.expressions[:1], max(kind, CONDITIONAL), protection)
    return True


def _identity(node: Any, kind: int, protection: int, walk: Walk) -> bool:
    """T-SQL: ``IDENTITY(int, 1, 1)`` in SELECT INTO counts rows; its first argument is a type."""
    return walk.context.speech.name in {"tsql", "fabric"}


def _number_of_sequence(node: Any, kind: int, protection: int, walk: Walk) -> bool:
    """``nextval('s')``: a number that comes from no column."""
    return True


def _offered(node: Any, kind: int, protection: int, walk: Walk) -> bool:
    """MySQL: ``VALUES(a)`` after ON DUPLICATE KEY UPDATE is what was offered for the column a."""
    for name in node.expressions:
        if isinstance(name, exp.Identifier):
            column = exp.Column(this=name, table=exp.to_identifier("values"))
            place = place_of(name)
            blend(walk.deps, resolve(column, name, place, walk.scope, walk.context), kind, protection, place)
        else:
            walk.push(name, kind, protection)
    return True


_CALLS: dict[str, Callable[[Any, int, int, Walk], bool]] = {
    **dict.fromkeys(("nextval", "currval", "lastval", "setval", "previousval"), _number_of_sequence),
    "multiif": _multi_if,
    "choose": _choose,
    "elt": _choose,
    "identity": _identity,
    "values": _offered,
}


def _whole_rows(node: Any, kind: int, protection: int, walk: Walk) -> None:
    """``object_construct(*)``: a star inside a call is every column of every source."""
    for relation in walk.scope.sources.values():
        for _, deps in relation.star(first_place(node)):
            blend(walk.deps, deps, kind, protection, first_place(node))


def transform(node: Any, kind: int, protection: int, walk: Walk) -> None:
    """Hive's ``TRANSFORM (a, b) USING 'script'``: only what is given to the script counts."""
    walk.push(node.expressions, kind or TRANSFORMATION, protection)


def aggregate(node: Any, kind: int, protection: int, walk: Walk) -> None:
    """A call that gives one value for many rows."""
    guard = protection_of(node, walk)
    if guard < protection:
        guard = protection
    if kind < AGGREGATION:
        kind = AGGREGATION
    if node.__class__ is exp.CombinedAggFunc and node.name.startswith(("argMax", "argMin")):
        walk.push(node.expressions[1:2], max(kind, CONDITIONAL), guard)
        walk.push(node.expressions[:1] + node.expressions[2:], kind, guard)
        return
    for value in node.args.values():
        walk.push(value, kind, guard)


def having_max(node: Any, kind: int, protection: int, walk: Walk) -> None:
    """``ANY_VALUE(value HAVING MAX key)``: the key decides which value."""
    walk.push(node.args.get("expression"), max(kind, CONDITIONAL), protection)
    walk.push(node.this, kind, protection)


def chosen_by(node: Any, kind: int, protection: int, walk: Walk) -> None:
    """``arg_max(value, key)``: the key decides which value."""
    walk.push(node.args.get("expression"), max(kind, CONDITIONAL), protection)
    walk.push(node.this, max(kind, AGGREGATION), protection)
