"""What stands in a parse tree, in the few kinds that familiarity tells apart: each has a bit of an integer."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

Kinds = dict[type, int]


def _classes(names: str) -> tuple[type, ...]:
    """The classes of those names that this version of the parser has."""
    return tuple(getattr(exp, name) for name in names.split() if hasattr(exp, name))


_DETAILS = _classes(
    """
    Property ColumnConstraint ColumnConstraintKind Hint Analyze Grant Revoke Undrop Refresh Comment
    CopyParameter TableSample Version HistoricalData DataType Constraint Attach Detach Pragma Describe
    Show IndexParameters PrimaryKey UniqueColumnConstraint ForeignKey IntervalSpan JSONPath JSONPathPart
    Identifier WindowSpec Limit Offset Fetch WithTableHint IndexTableHint Slice Lock Cluster TableAlias
    """
)
"""They hold no column that flows, or only in a place that no query reads; they are not looked into."""
_TELLING_PROPERTIES = _classes(
    """
    PartitionedOfProperty LikeProperty OnProperty EngineProperty MaterializedProperty ToTableProperty
    """
)
"""Properties of a table that name another one."""
_LEAF_VALUES = _classes("Column Literal Null Boolean Interval")
_SPECIAL = _classes("Lambda Kwarg PropertyEQ Star Columns Ordered Order Table HavingMax Struct Query")
"""More than a value: what takes one must know what to do with it."""
_OWN = (
    *_SPECIAL,
    *_classes("UDTF Dot"),
)
"""Values and functions that are kinds of their own."""
_STRUCTURE = _classes("Dot Bracket PropertyEQ SetOperation Unnest Explode Query UDTF Columns")
_COMPUTING = _classes("Func Binary Unary Predicate If Case Paren")
_SOURCES = _classes("Table From Join Lateral TableFromRows")


def _kind(cls: type) -> tuple[str, int]:
    """The name of the kind of a class, and 0 when it is a leaf, 2 when it is special, else 1."""
    if issubclass(cls, _DETAILS) and not issubclass(cls, _TELLING_PROPERTIES):
        return "detail", 0
    if issubclass(cls, _LEAF_VALUES):
        return "value", 0
    if issubclass(cls, exp.Var):
        return "word", 0
    if issubclass(cls, _OWN):
        return cls.__name__, 2 if issubclass(cls, _SPECIAL) else 1
    if issubclass(cls, (exp.Func, exp.Condition, *_COMPUTING)):
        return "value", 1
    return cls.__name__, 1


def _bits() -> tuple[Kinds, dict[str, int], dict[int, str], int, int]:
    classes = [c for c in vars(exp).values() if isinstance(c, type) and issubclass(c, exp.Expr)]
    found: dict[type, tuple[str, int]] = {cls: _kind(cls) for cls in classes}
    names = sorted({(level, name) for name, level in found.values()})
    numbers = {pair: 1 << (position + 1) for position, pair in enumerate(names)}
    kinds = {cls: numbers[level, name] for cls, (name, level) in found.items()}
    by_name: dict[str, int] = {"mark": 1}
    by_bit = {1: "mark"}
    special = leaves = 1
    for (level, name), bit in numbers.items():
        by_name[name] = by_name.get(name, 0) | bit
        by_bit[bit] = name
        leaves = leaves | bit if level == 0 else leaves
        special = special | bit if level == 2 else special
    return kinds, by_name, by_bit, leaves, special & ~1


KINDS, BITS, BY_BIT, LEAVES, SPECIAL = _bits()
"""Class to bit; name to bits; bit to name; leaves have bits up to ``LEAVES``; the bits that are special."""
PLAIN = frozenset(cls for cls in KINDS if issubclass(cls, _COMPUTING) and not issubclass(cls, _STRUCTURE))
"""Classes that only compute a value of their parts."""
SOURCES = frozenset(cls for cls in KINDS if issubclass(cls, _SOURCES))
"""Classes whose ``this`` is read as rows."""


def function_name(node: Any) -> str:
    """The name of a function or an operator: as the parser calls it, or as it is written when it is unknown."""
    if node.__class__ in (exp.Anonymous, exp.AnonymousAggFunc):
        return str(node.name).upper()
    return str(node.__class__.__name__)
