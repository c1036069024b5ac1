"""The values lineage answers with: column edges with their evidence, statements, problems, and the trace of
a script.

The words are those of OpenLineage's ColumnLineageDatasetFacet: an edge is ``DIRECT`` (the value flows) or
``INDIRECT`` (the value decides which rows or values appear); ``subtype`` says how, ``masking`` whether on
the way the value was made less telling.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from datagov.lineage.source import StatementText

_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d_]")

DIRECT = "DIRECT"
INDIRECT = "INDIRECT"
SUBTYPES = (
    "IDENTITY",
    "TRANSFORMATION",
    "AGGREGATION",
    "CONDITIONAL",
    "WINDOW",
    "JOIN",
    "GROUP_BY",
    "FILTER",
    "SORT",
)
PROTECTIONS = ("none", "partially_masked", "pseudonymised", "aggregated", "cleared")
QUERY = "<query>"


@dataclass(frozen=True, slots=True)
class ColumnRef:
    """A column of a dataset, or the dataset itself when ``column`` is None.

    ``path`` holds the nested fields below the column (``s.t1.a.email`` has column ``a`` and path
    ``("email",)``). Names are folded as the dialect folds them, and shown in lower case where the dialect
    ignores case.
    """

    table: str
    column: str | None
    schema: str | None = None
    catalog: str | None = None
    path: tuple[str, ...] = ()

    @property
    def dataset(self) -> str:
        """The dotted name of the table: ``schema.table``, the catalog in front only when it is known."""
        return ".".join(part for part in (self.catalog, self.schema, self.table) if part)

    def __str__(self) -> str:
        if self.column is None:
            return self.dataset
        return ".".join((self.dataset, self.column, *self.path))


@dataclass(frozen=True, slots=True)
class Span:
    """Where an expression stands: 1-based line and column of its first and last character; literals are
    masked.
    """

    file: str | None
    line: int
    column: int
    end_line: int
    end_column: int
    expression: str


@dataclass(frozen=True, slots=True)
class ColumnEdge:
    """One flow of a column into a column (or, for INDIRECT influences on whole datasets, into a dataset).

    ``confidence`` is 0..1 and ``reason`` the word for it; ``statement`` the ordinal of the statement in its
    trace; ``protection`` one of ``PROTECTIONS``.
    """

    source: ColumnRef
    target: ColumnRef
    type: str
    subtype: str
    masking: bool
    protection: str
    confidence: float
    reason: str
    statement: int
    _text: StatementText = field(repr=False, compare=False)
    _at: int = field(repr=False, compare=False)

    @property
    def span(self) -> Span:
        """The expression that makes the edge, found on demand so that tracing stays fast."""
        return self._text.span(self._at)

    def __str__(self) -> str:
        return f"{self.source} -> {self.target} ({self.type} {self.subtype})"


class _NewRef:
    """A reference while it is made: filling the slots of a frozen dataclass costs five times as much."""

    __slots__ = (*(f.name for f in fields(ColumnRef)),)

    def __init__(
        self, table: str, column: str | None, schema: str | None, catalog: str | None, path: tuple[str, ...]
    ) -> None:
        self.table = table
        self.column = column
        self.schema = schema
        self.catalog = catalog
        self.path = path
        object.__setattr__(self, "__class__", ColumnRef)


new_ref = cast("type[ColumnRef]", _NewRef)
"""``ColumnRef``, made quickly: the same arguments in the same order, none left out."""


class _NewEdge:
    """An edge while it is made, quickly too."""

    __slots__ = (*(f.name for f in fields(ColumnEdge)),)

    def __init__(
        self,
        source: ColumnRef,
        target: ColumnRef,
        type_: str,
        subtype: str,
        masking: bool,
        protection: str,
        confidence: float,
        reason: str,
        statement: int,
        text: StatementText,
        at: int,
    ) -> None:
        self.source = source
        self.target = target
        self.type = type_
        self.subtype = subtype
        self.masking = masking
        self.protection = protection
        self.confidence = confidence
        self.reason = reason
        self.statement = statement
        self._text = text
        self._at = at
        object.__setattr__(self, "__class__", ColumnEdge)


new_edge = cast("type[ColumnEdge]", _NewEdge)
"""``ColumnEdge``, made quickly: the same arguments in the same order."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a script and what became of it.

    ``outcome`` is ``parsed`` (read whole), ``opaque`` (dynamic SQL, a call: it may move data that cannot be
    seen), ``failed`` (the parser gave up) or ``unsupported`` (parsed, but lineage has no reader for its
    kind). ``dropped`` are the tables it drops.
    """

    ordinal: int
    kind: str
    outcome: str
    targets: tuple[str, ...]
    sources: tuple[str, ...]
    temporary: bool
    _text: StatementText = field(repr=False, compare=False)
    dropped: tuple[str, ...] = ()

    @property
    def line(self) -> int:
        """1-based line of the first character."""
        return self._text.line

    @property
    def column(self) -> int:
        """1-based column of the first character."""
        return self._text.column

    @property
    def end_line(self) -> int:
        """1-based line of the last character."""
        return self._text.end_line

    @property
    def text(self) -> str:
        """The statement, same length, every literal and comment masked.

        One that could not be read shows its shape only: any word of it may be data, as in the rows of a dump.
        """
        text = self._text.masked
        if self.outcome != "failed":
            return text
        return _LETTER.sub("x", _DIGIT.sub("0", text))


class _NewStatement:
    """A statement while it is made, quickly too."""

    __slots__ = (*(f.name for f in fields(Statement)),)

    def __init__(
        self,
        ordinal: int,
        kind: str,
        outcome: str,
        targets: tuple[str, ...],
        sources: tuple[str, ...],
        temporary: bool,
        text: StatementText,
        dropped: tuple[str, ...],
    ) -> None:
        self.ordinal = ordinal
        self.kind = kind
        self.outcome = outcome
        self.targets = targets
        self.sources = sources
        self.temporary = temporary
        self._text = text
        self.dropped = dropped
        object.__setattr__(self, "__class__", Statement)


new_statement = cast("type[Statement]", _NewStatement)
"""``Statement``, made quickly: the same arguments in the same order, none left out."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What could not be read, in one sentence without any literal value; ``statement`` is its ordinal."""

    statement: int
    kind: str
    message: str
    line: int
    column: int
