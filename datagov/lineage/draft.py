"""A statement while it is being read: what flows into which column, and the tables touched."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.catalog import Catalog, Table
from datagov.lineage.familiar import Familiar, told
from datagov.lineage.flow import (
    IDENTITY,
    KIND_BITS,
    KIND_MASK,
    NONE,
    PLACE_MASK,
    PROTECTION_SHIFT,
    REASON_MASK,
    REASON_SHIFT,
    REASONS,
    TARGET_BY_ALIAS,
    UNFAMILIAR,
    UNNAMED_COLUMN,
    Deps,
    blend,
    doubted,
)
from datagov.lineage.model import (
    DIRECT,
    INDIRECT,
    PROTECTIONS,
    SUBTYPES,
    ColumnEdge,
    ColumnRef,
    Problem,
    Statement,
    new_edge,
    new_statement,
)
from datagov.lineage.projection import UNNAMED, told_name
from datagov.lineage.quoted import COVER_NOTE, is_covered
from datagov.lineage.relation import STAR, Relation, influences
from datagov.lineage.scope import Context, Ctes
from datagov.lineage.source import StatementText
from datagov.lineage.words import table_at


@dataclass(slots=True, eq=False)
class Draft:
    """One statement being read; readers of ``datagov.lineage.statements`` fill it."""

    ordinal: int
    text: StatementText
    context: Context
    kind: str = "UNKNOWN"
    outcome: str = "parsed"
    temporary: bool = False
    columns: dict[tuple[str, str | None], Deps] = field(default_factory=dict)
    refs: dict[tuple[str, str | None], ColumnRef] = field(default_factory=dict)
    targets: dict[str, Table] = field(default_factory=dict)
    sources: dict[str, Table] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    result: Relation | None = None
    doubt: int = 0
    unfamiliar: list[str] = field(default_factory=list)
    ctes: Ctes | None = None

    @property
    def catalog(self) -> Catalog:
        """The tables known so far."""
        return self.context.catalog

    def touches(self, table: Table) -> None:
        """``table`` is written by the statement."""
        self.targets.setdefault(table.dataset, table)
        if table.temporary:
            self.temporary = True

    def reads(self, table: Table) -> None:
        """``table`` is read by the statement."""
        self.sources.setdefault(table.dataset, table)

    def flow(self, table: Table, column: str | None, deps: Deps, doubt: int = 0) -> None:
        """``deps`` flow into a column of ``table``; ``doubt`` is the reason the target itself is unsure."""
        if table.dataset not in self.targets:
            self.touches(table)
        if not deps:
            return
        key = (table.dataset, column)
        if doubt:
            deps = doubted(deps, doubt)
        old = self.columns.get(key)
        if old is None:
            self.columns[key] = deps
            self.refs[key] = table.ref(column)
        else:
            both = dict(old)
            blend(both, deps, IDENTITY, NONE, 0)
            self.columns[key] = both

    def influenced_by(self, table: Table, relation: Relation) -> None:
        """Everything that decides which rows of ``relation`` reach ``table``, and the tables it reads."""
        own, read = influences(relation)
        for source in read:
            self.reads(source)
        self.flow(table, None, own)

    def consults(self, relation: Relation) -> None:
        """``relation`` is read, but flows into no table."""
        for source in influences(relation)[1]:
            self.reads(source)

    def problem(self, kind: str, message: str, place: int | None = None) -> None:
        """Tell what could not be read; ``message`` is a sentence without literal values."""
        at = self.text.start if place is None else place
        line, column = self.text.script.place(at)
        self.problems.append(Problem(self.ordinal, kind, message, line, column))

    def note_covered(self) -> None:
        """Tell of each quoted name that looked like a value and was masked."""
        for token in self.text.tokens:
            if token.token_type is TokenType.IDENTIFIER and is_covered(token.text):
                self.context.notes.append(("quoted_name", COVER_NOTE, token.start))

    def doubt_unfamiliar(self, known: Familiar) -> None:
        """Doubt a statement that was read and has a form that no checked case covers, and name the form."""
        if self.outcome != "parsed" or not self.text.tokens:
            return
        value = self.kind in {"DECLARE", "CURSOR"} and self.text.tokens[0].text.upper() != self.kind
        begins = None if value else known.new_beginning(self.text.tokens)
        if begins is not None:
            self.unfamiliar.append(f"begins {begins}")
        if self.unfamiliar:
            self.doubt = max(self.doubt, UNFAMILIAR)
            self.problem("unfamiliar", f"No checked case of this engine covers {told(self.unfamiliar)}.")

    def table_at(self, tokens: list[Token], position: int) -> tuple[Table | None, int]:
        """The table named from ``position`` on, None when none is, and the position after its name."""
        node, after = table_at(tokens, position)
        return (self.context.table(node) if node is not None else None), after

    def edges(self) -> list[ColumnEdge]:
        """The edges of the statement, in the order its columns were written."""
        out: list[ColumnEdge] = []
        for table in self.targets.values():
            if table.formulas:
                self._compute(table)
        refs, text, ordinal = self.catalog.refs, self.text, self.ordinal
        for key, deps in self.columns.items():
            target = self.refs[key]
            if self.doubt:
                deps = doubted(deps, self.doubt)
            for packed, value in deps.items():
                kind = packed & KIND_MASK
                guard = value >> PROTECTION_SHIFT
                reason, confidence = REASONS[(value & REASON_MASK) >> REASON_SHIFT]
                out.append(
                    new_edge(
                        refs[packed >> KIND_BITS],
                        target,
                        DIRECT if kind < 3 else INDIRECT,
                        SUBTYPES[kind],
                        guard > 0,
                        PROTECTIONS[guard],
                        confidence,
                        reason,
                        ordinal,
                        text,
                        value & PLACE_MASK,
                    )
                )
        return out

    def _compute(self, table: Table) -> None:
        """What is written into a row also flows into the columns the table computes from it."""
        for name, formula in table.formulas.items():
            made: Deps = {}
            for packed, value in formula.items():
                written = self.columns.get((table.dataset, self.catalog.ref(packed >> KIND_BITS).column))
                if written:
                    blend(made, written, packed & KIND_MASK, value >> PROTECTION_SHIFT, value & PLACE_MASK)
            self.flow(table, name, made)

    def statement(self) -> Statement:
        """The statement as it is told to the caller."""
        return new_statement(
            self.ordinal,
            self.kind,
            self.outcome,
            tuple(self.targets),
            tuple(self.sources),
            self.temporary,
            self.text,
            tuple(self.dropped),
        )


def write(
    draft: Draft,
    table: Table,
    relation: Relation,
    *,
    columns: list[str] | None = None,
    fixed: frozenset[str] = frozenset(),
    names_new: bool = False,
    by_name: bool = False,
) -> list[str] | None:
    """Map the columns of ``relation`` to those of ``table`` and let them flow.

    An explicit list goes first, then what the session or the catalog knows of the table, then the query's own
    names: sure when the statement creates the table (``names_new``), doubtful otherwise. ``fixed`` names
    columns the statement sets itself (static partitions). Returns the column names written, or None when a
    star hides them.
    """
    draft.touches(table)
    draft.influenced_by(table, relation)
    given = list(relation.star(0))
    starred = any(name == STAR for name, _ in given)
    if columns is not None:
        if len(given) < len(columns) and not starred:
            _miscounted(draft, given, columns, table)
        return _by_position(draft, table, given, columns, starred)
    if not names_new and not by_name and table.columns is not None:
        wanted = [name for name in table.columns if name not in fixed]
        if starred:
            return _by_alias(draft, table, given, 0)
        return _by_position(draft, table, given, wanted, False)
    doubt = 0 if names_new or by_name else TARGET_BY_ALIAS
    return _by_alias(draft, table, given, doubt)


def _by_position(
    draft: Draft, table: Table, given: list[tuple[str, Deps]], wanted: list[str], starred: bool
) -> list[str]:
    if starred:
        hidden: Deps = {}
        position = 0
        for name, deps in given:
            if name == STAR:
                break
            if position < len(wanted):
                draft.flow(table, wanted[position], deps)
            position += 1
        for _, deps in given[position:]:
            blend(hidden, deps, IDENTITY, NONE, 0)
        if len(wanted) - position == 1:
            draft.flow(table, wanted[position], hidden)
        else:
            draft.flow(table, STAR, hidden)
        draft.problem("unresolved_star", "A star cannot be expanded: the columns of its table are not known.")
        return wanted
    if len(given) > len(wanted):
        _miscounted(draft, given, wanted, table)
    for (_, deps), column in zip(given, wanted, strict=False):
        draft.flow(table, column, deps)
    return wanted


def _miscounted(draft: Draft, given: list[tuple[str, Deps]], wanted: list[str], table: Table) -> None:
    message = f"The query yields {len(given)} columns for the {len(wanted)} columns of {table.dataset}."
    draft.problem("column_count", message)


def _by_alias(draft: Draft, table: Table, given: list[tuple[str, Deps]], doubt: int) -> list[str] | None:
    starred = False
    names = [told_name(name, draft.context) for name, _ in given]
    for position, (name, (_, deps)) in enumerate(zip(names, given, strict=True)):
        if name == STAR:
            starred = True
        unnamed = given[position][0].startswith(UNNAMED)
        draft.flow(table, name, deps, 0 if name == STAR else max(doubt, UNNAMED_COLUMN) if unnamed else doubt)
    if starred:
        draft.problem("unresolved_star", "A star cannot be expanded: the columns of its table are not known.")
        return None
    return names
