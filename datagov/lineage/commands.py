"""Statements read from their tokens, because the parser has no tree for them: EXEC, CALL, UNLOAD, EXCHANGE, RENAME."""

from __future__ import annotations

from sqlglot.tokens import Token

from datagov.lineage.draft import Draft

_WITHOUT_FLOW = frozenset(
    "SET USE GRANT REVOKE DENY COMMIT ROLLBACK BEGIN START SAVEPOINT RELEASE DECLARE COMMENT ANALYZE ANALYSE VACUUM "
    "OPTIMIZE EXPLAIN DESCRIBE DESC SHOW PRINT RAISE RAISERROR RETURN OPEN CLOSE FETCH LEAVE ITERATE EXIT CONTINUE NULL "
    "GO LOCK UNLOCK CLUSTER CHECKPOINT DISCARD RESET LISTEN NOTIFY UNLISTEN KILL REINDEX MSCK ADD LIST LS REMOVE RM PUT "
    "GET SIGNAL RESIGNAL THROW WAITFOR BREAK DBCC ASSERT DEALLOCATE CACHE UNCACHE CLEAR PRAGMA ATTACH DETACH INSTALL "
    "ABORT END LET GOTO UNSET SYSTEM RESTORE UNDROP WHENEVER PROMPT SPOOL DELIMITER FLUSH PURGE".split()
)
_OPAQUE = frozenset({"EXEC", "EXECUTE", "CALL", "PREPARE"})


def without_flow(tokens: list[Token]) -> bool:
    """Does the statement begin with a word that moves no data?"""
    return tokens[0].text.upper() in _WITHOUT_FLOW


def read_command(tokens: list[Token], draft: Draft) -> bool | Token | None:
    """Read a statement from its tokens. None: not one of these. A token: the script is the text inside it."""
    word = tokens[0].text.upper()
    if word in _OPAQUE:
        return _opaque(tokens, draft)
    return None


def _opaque(tokens: list[Token], draft: Draft) -> bool | Token:
    word = tokens[0].text.upper()
    draft.kind = word
    draft.outcome = "opaque"
    draft.problem("opaque", f"{word} runs code that cannot be seen here; what it moves is not known.")
    return True
