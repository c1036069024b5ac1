"""``trace``: a script in, edges and problems out; statement by statement, whatever any one of them holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlglot.tokenizer_core import Token

from datagov.lineage.assigning import read_assignment
from datagov.lineage.blocks import peel
from datagov.lineage.called import remember, table_variable
from datagov.lineage.catalog import Catalog
from datagov.lineage.collector import PausedCollector
from datagov.lineage.commands import read_command, without_flow
from datagov.lineage.dbt_model import filled, relation
from datagov.lineage.dialects import Speech, speech
from datagov.lineage.draft import Draft
from datagov.lineage.dump import DIALECTS, plain_text
from datagov.lineage.familiar import familiar
from datagov.lineage.flow import VARIABLE, base
from datagov.lineage.functions import Functions, functions_for
from datagov.lineage.guard import Guard
from datagov.lineage.jinja import looks_templated, rendered
from datagov.lineage.model import ColumnEdge, Problem, Statement
from datagov.lineage.parsing import BROKEN, guarded, read_parsed, written_inside
from datagov.lineage.query import resolve_query
from datagov.lineage.quoted import cover
from datagov.lineage.relation import Relation, Stored
from datagov.lineage.result import Trace, assembled
from datagov.lineage.results import begin_function
from datagov.lineage.routines import Routine, fired, is_value, routine
from datagov.lineage.scope import Context, pseudo_columns
from datagov.lineage.source import Script, StatementText
from datagov.lineage.split import Piece, pieces, too_much
from datagov.lineage.surroundings import Surroundings
from datagov.lineage.texts import TEXTS, constant
from datagov.lineage.words import dotted, find

_MAX_NESTED_SCRIPTS = 8
_MOST_INSIDE = 256 * 1024
"""So many characters of texts are read, beside a script's length at each depth: texts may run each other."""
_UNGUARDED = Guard()


def trace(
    sql: str,
    *,
    dialect: str = "postgres",
    schema: Mapping[str, Sequence[str]] | None = None,
    default_catalog: str | None = None,
    default_schema: str | None = None,
    file: str | None = None,
    line_offset: int = 0,
    functions: Mapping[str, str] | None = None,
    guard: Guard | None = None,
) -> Trace:
    """The column lineage of a script of one or many statements.

    ``schema`` maps table names (``"s.t1"`` or ``"db.s.t1"``) to their columns in order. ``functions`` adds
    to the table of masking functions: a name to a protection. ``guard`` sets the cap of a statement's length and
    watches the reading. A template in a ``file`` that is one query and asks for ``ref``, ``source`` or ``config`` fills
    the table dbt names by them. Nothing in ``sql`` makes it raise: what cannot
    be read is a problem, and its neighbours are read. Raises UsageError for an unknown dialect or protection,
    TypeError when ``sql`` is not text.

    >>> [str(edge) for edge in trace("create table s.o as select a as k from s.t1").edges]
    ['s.t1.a -> s.o.k (DIRECT IDENTITY)']
    """
    if not isinstance(sql, str):
        raise TypeError(f"trace needs the SQL as text, not {type(sql).__name__}.")
    voice = speech(dialect)
    reading = Reading(
        voice,
        Catalog(voice, schema, default_catalog, default_schema),
        functions_for(voice.name, functions),
        Surroundings(voice.name),
        guard or _UNGUARDED,
    )
    with reading.collector:
        if looks_templated(sql):
            _read_template(Script(sql, file, line_offset), reading)
        else:
            reading.read(Script(sql.replace("\ufeff", " "), file, line_offset), 0)
    return assembled(reading.edges, reading.statements, reading.problems)


def _read_template(script: Script, reading: Reading) -> None:
    """A raw Jinja template: rendered when its macros are simple, reported as opaque when not or not wholly."""
    made = rendered(script.sql)
    if made.sql is None:
        draft = reading.draft(StatementText(script, [], 0, len(script.sql)))
        draft.kind, draft.outcome = "TEMPLATE", "opaque"
        draft.problem("opaque", made.trouble)
        reading.close(draft)
        return
    if made.trouble:
        draft = reading.draft(StatementText(script, [], 0, len(script.sql)))
        draft.kind = "TEMPLATE"
        draft.problem("opaque", made.trouble)
        reading.close(draft)
    reading.read(Script(made.sql, script.file, script.line_offset, origins=made.origins), 0)
    if made.trouble:
        _doubt(reading)
    model = relation(script.sql, script.file, made.asked)
    if model is not None:
        schema, table = (part and reading.voice.fold_table(part, quoted=False) for part in model)
        reading.statements[:], reading.edges[:] = filled(schema, table or "", reading.statements, reading.edges)


def _doubt(reading: Reading) -> None:
    """What cannot be parsed while a number stands for a variable is opaque: nobody knows that the SQL is wrong."""
    lost = {statement.ordinal for statement in reading.statements if statement.outcome == "failed"}
    reading.statements[:] = [
        replace(statement, outcome="opaque") if statement.ordinal in lost else statement
        for statement in reading.statements
    ]
    reading.problems[:] = [
        replace(problem, kind="opaque", message="The statement cannot be read without its variables.")
        if problem.statement in lost and problem.kind == "failed"
        else problem
        for problem in reading.problems
    ]


@dataclass(slots=True, eq=False)
class Reading:
    """A script being read: what is known so far and what was found."""

    voice: Speech
    catalog: Catalog
    functions: Functions
    around: Surroundings
    guard: Guard
    begun: int = 0
    inside: int = 0
    most_inside: int = _MOST_INSIDE
    edges: list[ColumnEdge] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    fired: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=dict)
    routines: set[str] = field(default_factory=set)
    results: list[Relation] = field(default_factory=list)
    collector: PausedCollector = field(default_factory=PausedCollector)

    def read(self, script: Script, depth: int) -> None:
        """Read a whole script; ``depth`` counts scripts inside scripts."""
        if depth == 0:
            self.most_inside = _MOST_INSIDE + _MAX_NESTED_SCRIPTS * len(script.sql)
            sql = plain_text(script.sql, self.voice.name)
            if sql is not script.sql:
                script = replace(script, sql=sql)
        try:
            tokens = self.voice.tokens(script.sql)
            cover(script.sql, tokens, self.catalog.told)
        except BROKEN:
            self._read_in_pieces(script, depth)
            return
        if self.voice.name in DIALECTS and depth == 0 and "TRIGGER" in script.sql.upper():
            self.fired = fired(tokens)
        loose = self.voice.name in {"tsql", "fabric"}
        for piece in pieces(tokens, without_semicolons=loose):
            self.statement(script, piece, depth)

    def _read_in_pieces(self, script: Script, depth: int) -> None:
        """A script that does not tokenize as a whole: each stretch up to a semicolon on its own."""
        start = 0
        sql = script.sql
        while start < len(sql):
            end = sql.find(";", start)
            end = len(sql) if end < 0 else end
            part = sql[start:end]
            if part.strip():
                lead = len(part) - len(part.lstrip())
                text = StatementText(script, [], start + lead, end)
                try:
                    tokens = self.voice.tokens(part)
                    cover(part, tokens, self.catalog.told)
                except BROKEN:
                    draft = self.draft(text)
                    draft.outcome = "failed"
                    draft.problem("failed", "The statement cannot be tokenized: a quote or a comment stays open.")
                    self.close(draft)
                else:
                    line, column = script.place(start)
                    inner = Script(part, script.file, line - 1, column - 1)
                    for piece in pieces(tokens, without_semicolons=self.voice.name in {"tsql", "fabric"}):
                        self.statement(inner, piece, depth)
            start = end + 1

    def _may_read(self, draft: Draft) -> bool:
        """Is the statement within the caps, and not one that an earlier reader was lost with?"""
        number, self.begun = self.begun, self.begun + 1
        told = self.guard.left_out.get(number)
        if told is None:
            reason = too_much(draft.text.tokens, self.guard.sql_kb)
            if reason is None:
                self.guard.begun(number)
                return True
            told = "limit", reason
        draft.outcome = "failed"
        draft.problem(*told)
        return False

    def draft(self, text: StatementText) -> Draft:
        """A new statement to fill."""
        context = Context(
            self.voice,
            self.catalog,
            self.functions,
            text,
            self.around.variables,
            self.around.records,
            pseudo_columns(self.voice.name),
            resolve_query,
            written_inside,
            self.around.held,
            not self.voice.exact_columns,
        )
        draft = Draft(len(self.statements), text, context)
        context.draft = draft
        return draft

    def close(self, draft: Draft) -> None:
        """Keep what a statement yielded."""
        context = draft.context
        draft.doubt_unfamiliar(familiar())
        if context.unresolved:
            for missing in {(u.name, u.place): u for u in context.unresolved}.values():
                draft.problem("unresolved_column", "A column of the statement could not be resolved.", missing.place)
        if self.catalog.covered:
            draft.note_covered()
        if context.notes:
            for kind, message, place in dict.fromkeys(context.notes):
                draft.problem(kind, message, place)
        self.edges.extend(draft.edges())
        self.statements.append(draft.statement())
        self.problems.extend(draft.problems)
        if draft.result is not None:
            self.results.append(draft.result)
        context.draft = None  # no longer a ring: freed at once, not by the collector

    def statement(self, script: Script, piece: Piece, depth: int) -> None:
        """Read one statement, looking through what surrounds it."""
        try:
            tokens = peel(piece.tokens, self.around)
            made = routine(tokens, self.around) if tokens else None
        except (LookupError, ValueError):
            tokens, made = piece.tokens, None
        self._bind_parameters()
        values, self.around.values = self.around.values, []
        for name, expression in values:
            self._initial(script, name, expression)
        queries, self.around.queries = self.around.queries, []
        for name, query in queries:
            self._record(script, name, query)
        if not tokens:
            self._skip(script, piece.tokens)
            return
        if made is not None and depth < _MAX_NESTED_SCRIPTS:
            self._routine(script, tokens, made, depth)
            return
        if (
            tokens[0].text.upper() == "DO"
            and len(tokens) > 1
            and self._text_inside(script, tokens[-1] if len(tokens) == 2 else tokens[1], depth)
        ):
            return
        self._plain(script, tokens, depth)

    def _bind_parameters(self) -> None:
        """A parameter is a column of the dataset that is called as its routine is, by name and by number."""
        if self.around.parameters is None:
            return
        (name, given), self.around.parameters = self.around.parameters, None
        parts = [self.voice.fold_table(part, quoted=False) for part in name.split(".")]
        table = self.catalog.find(parts[-1], parts[-2] if len(parts) > 1 else None, None)
        for position, parameter in enumerate(given, 1):
            held = base(self.catalog.number(table, parameter), VARIABLE, 0)
            self.around.variables[parameter] = held
            self.around.variables[f"${position}"] = held

    def _initial(self, script: Script, name: str, tokens: list[Token]) -> None:
        """Read the expression a variable begins with."""
        draft = self.draft(StatementText(script, tokens, tokens[0].start, tokens[-1].end + 1))
        draft.kind = "DECLARE"
        if self._may_read(draft):
            guarded(lambda: read_assignment(name, tokens, draft), draft)
        self.close(draft)

    def _record(self, script: Script, name: str, tokens: list[Token]) -> None:
        """Read the query of a loop or a cursor: its columns are those of the record ``name``."""
        if not tokens:
            return
        if len(tokens) == 1 and tokens[0].text.lower() in self.around.records:
            self.around.records[name] = self.around.records[tokens[0].text.lower()]
            return
        draft = self.draft(StatementText(script, tokens, tokens[0].start, tokens[-1].end + 1))
        draft.kind = "CURSOR"
        if tokens[0].text.upper() == "EXECUTE":
            using = find(tokens, {"USING"})
            text = constant(tokens[1:using], self.around.held)
            if text is not None:
                self._record(_inside(script, text), name, draft.context.tokens(text.text))
                return
            draft.outcome = "opaque"
            draft.problem("opaque", "The loop runs a query that is put together at run time and cannot be seen here.")
            self.close(draft)
            return

        def read() -> None:
            trees = self.voice.parse(tokens, script.sql)
            if trees and trees[0] is not None:
                relation = resolve_query(trees[0], draft.context, None, None)
                draft.consults(relation)
                self.around.records[name] = relation

        if self._may_read(draft):
            guarded(read, draft)
        self.close(draft)

    def _skip(self, script: Script, tokens: list[Token]) -> None:
        """A line of control flow: a statement without data."""
        text = StatementText(script, tokens, tokens[0].start, tokens[-1].end + 1)
        draft = self.draft(text)
        draft.kind = tokens[0].text.upper() if tokens[0].text.isalpha() else "BLOCK"
        self.close(draft)

    def _routine(self, script: Script, tokens: list[Token], made: Routine, depth: int) -> None:
        """A routine's header is a statement of its own; its body is read like a script."""
        head = tokens[: len(tokens) - len(made.body)] or tokens
        draft = self.draft(StatementText(script, head, head[0].start, head[-1].end + 1))
        draft.kind = f"CREATE_{made.kind}"
        self.routines.add(made.name.lower())
        table, rows = made.table, made.rows
        if not table:
            table, rows = self.fired.get(made.name.lower(), ((), ()))
        if table:
            self._trigger_rows(table, rows)
        self.close_header(draft, made)
        if made.kind == "TRIGGER" and self._fires_known(made):
            return
        self.results = []
        begin_function(self.catalog, made.name if made.kind == "FUNCTION" else None)
        table_variable(self.catalog, head)
        self._body(script, made, depth)
        if made.kind == "FUNCTION" or (made.kind == "MACRO" and self.voice.name == "duckdb"):
            remember(self.catalog, made.name, head, self.results)

    def _body(self, script: Script, made: Routine, depth: int) -> None:
        """Read what a routine does."""
        if made.text is not None:
            if made.language in {"", "sql", "plpgsql", "plpgsql;"} and not is_value(made):
                self._text_inside(script, made.text, depth)
            self.around.leave()
        elif made.body:
            loose = self.voice.name in {"tsql", "fabric"}
            for piece in pieces(made.body, without_semicolons=loose):
                self.statement(script, piece, depth + 1)

    def _fires_known(self, made: Routine) -> bool:
        """Does a trigger only fire a function whose body was read already?"""
        words = [token.text for token in made.body[:2]]
        if len(words) < 2 or words[0].upper() != "EXECUTE" or words[1].upper() not in {"FUNCTION", "PROCEDURE"}:
            return False
        parts, _ = dotted(made.body, 2)
        return ".".join(part.text.lower() for part in parts) in self.routines

    def _trigger_rows(self, name: tuple[str, ...], others: tuple[str, ...]) -> None:
        """NEW, OLD, inserted, deleted, and what else the trigger calls them, are rows of the trigger's table."""
        parts = [self.voice.fold_table(part, quoted=False) for part in name]
        table = self.catalog.find(parts[-1], parts[-2] if len(parts) > 1 else None, None)
        row = Stored(self.catalog, table)
        self.around.records.update(dict.fromkeys(("new", "old", "inserted", "deleted", *others), row))

    def close_header(self, draft: Draft, made: Routine) -> None:
        """A routine in a language lineage does not read is opaque."""
        if made.text is not None and made.language not in {"", "sql", "plpgsql"}:
            draft.outcome = "opaque"
            draft.problem("opaque", "The routine's body is not SQL and is not read.")
        self.close(draft)

    def _text_inside(self, script: Script, token: Token, depth: int) -> bool:
        """Read the script inside a string, at the place where it stands; False when the token is none."""
        if token.token_type not in TEXTS:
            return False
        self.inside += len(token.text)
        if depth >= _MAX_NESTED_SCRIPTS or self.inside > self.most_inside:
            draft = self.draft(StatementText(script, [token], token.start, token.end + 1))
            draft.kind, draft.outcome = "TEXT", "opaque"
            draft.problem("opaque", "The SQL in this text is run inside other texts, too deep or too often to be read.")
            self.close(draft)
            return True
        self.read(_inside(script, token), depth + 1)
        return True

    def _plain(self, script: Script, tokens: list[Token], depth: int) -> None:
        draft = self.draft(StatementText(script, tokens, tokens[0].start, tokens[-1].end + 1))
        if self._may_read(draft):
            inner = guarded(lambda: read_command(tokens, draft), draft)
            if isinstance(inner, (Token, tuple)):
                for text in inner if isinstance(inner, tuple) else (inner,):
                    self._text_inside(script, text, depth)
                return
            if isinstance(inner, list):
                self.statement(script, Piece(inner), depth + 1)
                return
            if inner is None and without_flow(tokens):
                draft.kind = tokens[0].text.upper()
            elif inner is None and draft.outcome == "parsed":
                read_parsed(tokens, script, draft)
                self.close(draft)
                self.collector.read(len(tokens))
                return
        self.close(draft)


def _inside(script: Script, token: Token) -> Script:
    """The script in a text, at the place where it stands, or all at its token when it does not stand there whole."""
    raw = script.sql[token.start : token.end + 1]
    lead = raw.find(token.text)
    if lead < 0 or script.made_by is not None:
        return Script(token.text, script.file, made_by=(script, token.start, token.end + 1))
    line, column = script.place(token.start + lead)
    return Script(token.text, script.file, line - 1, column - 1)
