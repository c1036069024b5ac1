"""Calls and SQL in texts: what EXECUTE, EXEC, CALL, PREPARE and PERFORM run."""

from __future__ import annotations

from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.answer import Answer
from datagov.lineage.draft import Draft
from datagov.lineage.into import variable_names
from datagov.lineage.statements.alter import move
from datagov.lineage.texts import TEXTS, constant
from datagov.lineage.words import dotted, find, upper

_ENDS_TEXT = frozenset({"USING", "INTO", ","})
_RENAMED = frozenset({"INDEX", "STATISTICS", "USERDATATYPE", "DATABASE"})
"""What sp_rename renames that holds no rows."""


def run(tokens: list[Token], draft: Draft) -> Answer:
    """A call, or dynamic SQL: read when the SQL is one constant text, opaque otherwise."""
    word = upper(tokens, 0)
    if upper(tokens, 1).endswith("SP_RENAME"):
        renamed = _sp_rename(tokens, draft)
        if renamed is not None:
            return renamed
    texts = _texts_run(tokens, draft)
    if texts is not None:
        return texts
    draft.kind = word
    draft.outcome = "opaque"
    draft.problem("opaque", f"{word} runs code that cannot be seen here; what it moves is not known.")
    return True


def _texts_run(tokens: list[Token], draft: Draft) -> Answer:
    """The constant texts a statement runs; True when they are to be run later; None when they are not known."""
    held = draft.context.held
    word = upper(tokens, 0)
    if word == "PREPARE":
        return _prepared(tokens, draft)
    start = 1
    names, after = dotted(tokens, 1)
    if names and names[-1].text.upper() == "SP_EXECUTESQL":
        start = after
        if upper(tokens, start) == "@" and upper(tokens, start + 2) == "=":
            start += 3
    elif word == "PERFORM" or word == "CALL":
        return None
    start += upper(tokens, start) == "IMMEDIATE"
    end = find(tokens, _ENDS_TEXT, start)
    end = len(tokens) if end is None else end
    said = tokens[start:end]
    if not said:
        return None
    text = constant(said, held)
    name = variable_names([token for token in said if token.text not in {"(", ")"}])
    if text is not None and len(name) == 1:
        held.run.add(name[0])
    if text is not None and not _filled(tokens, end):
        return text
    if text is not None:
        like = tokens[end]
        into = draft.text.script.sql[like.start : tokens[_filled(tokens, end)].end + 1]
        query = text.text.rstrip("; \n")
        return Token(TokenType.STRING, f"{query} {into}", text.line, text.col, text.start, text.end)
    known = held.take(name[0]) if len(name) == 1 else []
    return tuple(known) or None


def _filled(tokens: list[Token], end: int) -> int:
    """Where ``INTO v, w`` after a text that is run ends; 0 when there is none."""
    if upper(tokens, end) != "INTO":
        return 0
    using = find(tokens, {"USING"}, end)
    return (len(tokens) if using is None else using) - 1


def _prepared(tokens: list[Token], draft: Draft) -> Answer:
    """``PREPARE s FROM 'text'`` waits until it is executed."""
    held, name = draft.context.held, upper(tokens, 1).lower()
    at = find(tokens, {"FROM"}, 2)
    if at is None:
        return None
    draft.kind = "PREPARE"
    held.put(name, tokens[at + 1 :])
    return True if name in held.texts else None


def _sp_rename(tokens: list[Token], draft: Draft) -> Answer:
    """``EXEC sp_rename 's.old', 'new'``; None when the names are not written there. An index moves nothing."""
    names = [t.text for t in tokens if t.token_type in TEXTS]
    kind = names[2].upper() if len(names) == 3 else "OBJECT"
    draft.kind = f"RENAME_{kind}" if kind in _RENAMED else "RENAME_TABLE"
    if kind in _RENAMED:
        return True
    if len(names) not in {2, 3} or kind != "OBJECT":
        return None
    fold = draft.context.speech.fold_table
    told = draft.catalog.told_table
    parts = [fold(told(part.strip('[]"')), quoted=True) for part in names[0].split(".")]
    schema = parts[-2] if len(parts) > 1 else None
    old = draft.catalog.find(parts[-1], schema, parts[-3] if len(parts) > 2 else None)
    move(draft, old, draft.catalog.find(fold(told(names[1].strip('[]"')), quoted=True), old.schema, old.catalog))
    return True
