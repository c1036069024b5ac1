"""How one column depends on others while a query is being read: packed integers, merged and composed.

A ``Deps`` maps a key to a value. The key packs the source column's number and the kind of influence
(``number << 4 | kind``), the value packs protection, reason and the place of the evidence
(``protection << 48 | reason << 40 | offset``). Packing keeps the walk over a query close to the parser's
speed. Smaller values win when two paths lead from the same source: the weaker protection, then the surer
reason.
"""

from __future__ import annotations

Deps = dict[int, int]

IDENTITY, TRANSFORMATION, AGGREGATION, CONDITIONAL, WINDOW, JOIN, GROUP_BY, FILTER, SORT = range(9)
NONE, PARTIALLY_MASKED, PSEUDONYMISED, AGGREGATED, CLEARED = range(5)

KIND_BITS = 4
KIND_MASK = 15
REASON_SHIFT = 40
PROTECTION_SHIFT = 48
PLACE_MASK = (1 << REASON_SHIFT) - 1
REASON_MASK = 0xFF << REASON_SHIFT

REASONS: tuple[tuple[str, float], ...] = (
    ("schema_resolved", 1.0),
    ("qualified", 0.97),
    ("sole_source", 0.95),
    ("alias_reference", 0.9),
    ("nested_field", 0.88),
    ("using_merged", 0.86),
    ("table_function", 0.85),
    ("pivot", 0.84),
    ("variable", 0.8),
    ("by_elimination", 0.79),
    ("target_by_alias", 0.75),
    ("unnamed_column", 0.72),
    ("partly_read", 0.7),
    ("case_ignored", 0.69),
    ("star_through_unknown", 0.65),
    ("unfamiliar", 0.6),
    ("ambiguous", 0.5),
    ("star_unresolved", 0.4),
    ("not_in_schema", 0.3),
)
"""Why an edge is believed, and how much, from surest to least sure: the position is the packed reason."""
(
    SCHEMA_RESOLVED,
    QUALIFIED,
    SOLE_SOURCE,
    ALIAS_REFERENCE,
    NESTED_FIELD,
    USING_MERGED,
    TABLE_FUNCTION,
    PIVOT,
    VARIABLE,
    BY_ELIMINATION,
    TARGET_BY_ALIAS,
    UNNAMED_COLUMN,
    PARTLY_READ,
    CASE_IGNORED,
    STAR_THROUGH_UNKNOWN,
    UNFAMILIAR,
    AMBIGUOUS,
    STAR_UNRESOLVED,
    NOT_IN_SCHEMA,
) = range(len(REASONS))


def base(number: int, reason: int, place: int) -> Deps:
    """The dependency of a column on itself: read from the table as it stands."""
    return {number << KIND_BITS: reason << REASON_SHIFT | place}


def blend(into: Deps, deps: Deps, kind: int, protection: int, place: int) -> None:
    """Add ``deps`` to ``into`` as seen through an expression of ``kind`` that protects with
    ``protection``.
    """
    if not kind and not into:
        into.update(deps)
        return
    for key, value in deps.items():
        if kind:
            inner = key & KIND_MASK
            if kind > AGGREGATION or inner < kind:
                key += kind - inner
            guard = value >> PROTECTION_SHIFT
            if protection > guard:
                guard = protection
            value = guard << PROTECTION_SHIFT | value & REASON_MASK | place
        old = into.get(key)
        if old is None or value < old:
            into[key] = value


def merged(parts: list[Deps]) -> Deps:
    """The union of several dependency sets."""
    if len(parts) == 1:
        return parts[0]
    out: Deps = {}
    for part in parts:
        blend(out, part, IDENTITY, NONE, 0)
    return out


def doubted(deps: Deps, reason: int) -> Deps:
    """The same dependencies with a reason at best as sure as ``reason``."""
    floor = reason << REASON_SHIFT
    return {key: value if value & REASON_MASK >= floor else value & ~REASON_MASK | floor for key, value in deps.items()}
