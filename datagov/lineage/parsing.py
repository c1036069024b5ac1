"""One statement: parsed, reworded or rescued where the parser gives up, and handed to the reader of its kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.draft import Draft
from datagov.lineage.familiar import familiar, ordinary
from datagov.lineage.flow import PARTLY_READ
from datagov.lineage.into import without_into
from datagov.lineage.loosened import loosened
from datagov.lineage.model import Problem
from datagov.lineage.output import read_output
from datagov.lineage.phrases import without_model
from datagov.lineage.relation import Derived, Relation
from datagov.lineage.rescue import rescued
from datagov.lineage.reworded import reworded
from datagov.lineage.scope import Context, Ctes
from datagov.lineage.source import Script
from datagov.lineage.statements import reader_of, select
from datagov.lineage.statements.returning import returned
from datagov.lineage.unknown_calls import parsed
from datagov.lineage.variables import assign_variable
from datagov.lineage.words import kind_of

# sqlglot gives this keyword to columns of XMLTABLE and does not know it, which it calls an error wherever pytest or
# unittest is loaded.
exp.ColumnDef.arg_types.setdefault("ordinality", False)

BROKEN = (
    SqlglotError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    RuntimeError,
)
"""What parsing and reading a malformed statement was seen or must be expected to raise."""
_OF_LISTS = frozenset({"SELECT", "WITH", "INSERT", "CREATE", "UPDATE", "MERGE", "("})
_NO_ITEM = frozenset({TokenType.COMMA, TokenType.SELECT, TokenType.DISTINCT})
"""What no comma follows."""
_MOVES_NOTHING = (
    exp.Set,
    exp.Use,
    exp.Grant,
    exp.Revoke,
    exp.Comment,
    exp.Describe,
    exp.Transaction,
    exp.Commit,
    exp.Rollback,
    exp.Pragma,
    exp.Analyze,
    exp.Kill,
    exp.Show,
    exp.Semicolon,
    exp.Attach,
    exp.Detach,
    exp.Uncache,
    exp.Refresh,
    exp.Summarize,
    exp.Declare,
    exp.EndStatement,
)


def read_parsed(tokens: list[Token], script: Script, draft: Draft) -> None:
    """Parse one statement and hand it to its reader; whatever goes wrong is this statement's problem."""
    voice = draft.context.speech
    said = tokens
    plain = guarded(lambda: _plainer(said, draft), draft)
    if plain is None:
        return
    tokens, names = plain

    def attempt() -> bool:
        trees = voice.parse(tokens, script.sql)
        if any(isinstance(tree, exp.Command) for tree in trees):
            easier = loosened(tokens, voice.name)
            trees = voice.parse(easier, script.sql) if easier is not None else trees
        if any(isinstance(tree, exp.Command) for tree in trees):
            other = rescued(tokens, script.sql, voice)
            if other is not None:
                trees = [other]
                draft.doubt = PARTLY_READ
        for tree in trees:
            if tree is None:
                continue
            if names:
                _fill(names, tree, draft)
            if not names or reader_of(tree) is not select.read:
                _read_tree(tree, draft)
        return True

    def easier_attempt() -> bool:
        trees = parsed(loosened(tokens, voice.name) or tokens, script.sql, voice)
        for tree in trees:
            if tree is None or isinstance(tree, exp.Command):
                return False
            _read_tree(tree, draft)
        return bool(trees)

    def second_attempt() -> bool:
        other = rescued(tokens, script.sql, voice)
        if other is None:
            return False
        draft.doubt = PARTLY_READ
        _read_tree(other, draft)
        return True

    guarded(attempt, draft)
    if draft.outcome == "failed" and not draft.columns:
        problems = draft.problems
        for again in (easier_attempt, second_attempt):
            draft.outcome, draft.problems = "parsed", []
            if guarded(again, draft) and draft.outcome != "failed":
                break
        else:
            draft.outcome, draft.problems = "failed", problems
    if draft.outcome == "parsed" and not script.origins:
        _refuse_empty_items(said, draft)
    if draft.outcome == "parsed" and voice.name in {"tsql", "fabric"}:
        guarded(lambda: read_output(said, draft), draft)


def _refuse_empty_items(tokens: list[Token], draft: Draft) -> None:
    """``SELECT a,, b`` and ``SELECT , a``: the parser passes over the gap, no database does.

    Statements that give parameters by position may leave some out (``EXEC p 1,,2``).
    """
    if tokens[0].text.upper() not in _OF_LISTS:
        return
    kinds = list(map(kind_of, tokens))
    at = 0
    for _ in range(kinds.count(TokenType.COMMA)):
        at = kinds.index(TokenType.COMMA, at + 1)
        if kinds[at - 1] in _NO_ITEM:
            draft.outcome = "failed"
            message = "The statement has an empty item in a list: a comma stands too much."
            draft.problem("failed", message, tokens[at].start)
            return


def _plainer(tokens: list[Token], draft: Draft) -> tuple[list[Token], list[str]]:
    """The statement in words the parser knows, and the variables it fills."""
    voice = draft.context.speech
    tokens, names = without_into(tokens, draft.context.variables, draft.context.records, voice.name)
    tokens = reworded(tokens, voice.name)
    if voice.name == "oracle":
        tokens, modelled = without_model(tokens)
        if modelled:
            draft.doubt = PARTLY_READ
    return tokens, names


def _fill(names: list[str], tree: Any, draft: Draft) -> None:
    """Put what a query or a RETURNING clause yields into variables."""
    context = draft.context
    if reader_of(tree) is select.read:
        draft.kind = "SELECT"
        relation = context.query(tree, context, None, None)
        draft.consults(relation)
    else:
        relation = returned(tree, context, None)
    if len(names) == 1:
        context.records[names[0]] = relation
    for name, (_, deps) in zip(names, relation.star(0), strict=False):
        assign_variable(context, name, deps)


def guarded(read: Callable[[], Any], draft: Draft) -> Any:
    """Run a reader; whatever goes wrong is this statement's problem."""
    try:
        return read()
    except ParseError as error:
        _failed(draft, error)
    except RecursionError:
        draft.outcome = "failed"
        draft.problem("limit", "The statement nests too deeply to be read.")
    except BROKEN:
        draft.outcome = "failed"
        draft.problem("failed", "The statement cannot be read.")
    return None


def _failed(draft: Draft, error: ParseError) -> None:
    """The parser's own message quotes the SQL, so only its place is kept: that of the token it blames, by its offset,
    since the parser's lines and columns are off after a comment and a lone carriage return.
    """
    draft.outcome = "failed"
    draft.problem("failed", "The statement cannot be parsed.")
    first = error.errors[0] if error.errors else {}
    blamed = first.get("line"), first.get("col")
    for token in draft.text.tokens:
        if (token.line, token.col) == blamed:
            last = draft.problems.pop()
            place = draft.text.script.place(token.start)
            draft.problems.append(Problem(last.statement, last.kind, last.message, *place))
            return


def _read_tree(tree: Any, draft: Draft) -> None:
    if not ordinary(draft.text.tokens):
        draft.unfamiliar += familiar().new_forms(tree)
    reader = reader_of(tree)
    if reader is not None:
        reader(tree, draft)
        return
    draft.kind = tree.__class__.__name__.upper()
    if isinstance(tree, _MOVES_NOTHING):
        return
    if isinstance(tree, (exp.Condition, exp.Alias, exp.Tuple)):
        draft.kind, draft.outcome = "UNKNOWN", "failed"
        draft.problem("failed", "The text is not a statement.")
        return
    draft.outcome = "unsupported"
    draft.problem("unsupported", "Lineage has no reader for this statement; what it moves is not known.")


def written_inside(node: Any, context: Context, ctes: Ctes | None) -> Relation:
    """A data-modifying CTE: it writes, and what it returns is rows of the table it wrote."""
    reader = reader_of(node)
    draft = context.draft
    if reader is None or not isinstance(draft, Draft):
        return Derived()
    kind, outer = draft.kind, draft.ctes
    draft.ctes = ctes
    reader(node, draft)
    draft.kind, draft.ctes = kind, outer
    return returned(node, context, ctes)
