"""What dumps and the clients' own commands put into a script: rows after ``COPY … FROM stdin;``, lines of psql, SQL
inside the comments of mysqldump. Every place stays the same.
"""

from __future__ import annotations

import re

_COPY = re.compile(r"(?im)^[ \t]*copy\s[^;]*?\bfrom\s+stdin\b[^;\n]*;[^\S\n]*\n")
_END = re.compile(r"(?m)^\\\.[^\S\n]*\r?$")
_SHOWN = re.compile(r"[^\r\n]")
DIALECTS = frozenset({"postgres", "redshift", "materialize", "risingwave", ""})
_PSQL = re.compile(r"(?m)^[ \t]*\\(?P<command>[a-zA-Z!?]+)(?P<rest>[^\n\'$]*(?:\'[^\n\'$]*\'[^\n\'$]*)*)(?:\n|$)")
_READS_OTHERS = frozenset({"i", "ir", "include", "include_relative"})
_VERSIONED = re.compile(
    r"(?is)/\*!\d{0,6}(?=\s*(?:create|drop\s+view|definer|sql\s+security|view|select|insert|replace|trigger)\b)"
    r"(.*?)\*/"
)


def plain_text(sql: str, dialect: str) -> str:
    """``sql`` without what its client alone understands, and with what only some servers read."""
    if dialect == "mysql" and "/*!" in sql:
        return _VERSIONED.sub(lambda found: " " * (found.start(1) - found.start()) + found.group(1) + "  ", sql)
    sql = without_rows(sql)
    if "\\" in sql and dialect in DIALECTS:
        return _PSQL.sub(_client_line, sql)
    return sql


def _client_line(found: re.Match[str]) -> str:
    r"""A line of psql: ``\copy`` is a COPY, ``\i`` reads a file that is not seen here, the others move no data."""
    command, line = found.group("command").lower(), found.group()
    body = line.rstrip("\n")
    end = ";" if line.endswith("\n") else ""
    if command == "copy":
        return body.replace("\\", " ", 1) + end
    if command in _READS_OTHERS:
        return "CALL".ljust(len(body)) + end
    return _SHOWN.sub(" ", line)


def without_rows(sql: str) -> str:
    """``sql`` with the rows after each ``COPY … FROM stdin;`` and their ``\\.`` as spaces: every place stays the same.

    Rows without an end are left alone: the text may be no dump.

    >>> without_rows("copy t from stdin;\\n1\\tit's\\n\\\\.\\nselect 1")
    'copy t from stdin;\\n      \\n  \\nselect 1'
    """
    if "STDIN" not in sql.upper():
        return sql
    parts: list[str] = []
    at = 0
    for head in _COPY.finditer(sql):
        if head.start() < at:
            continue
        end = _END.search(sql, head.end())
        if end is None:
            break
        parts += (sql[at : head.end()], _SHOWN.sub(" ", sql[head.end() : end.end()]))
        at = end.end()
    return "".join(parts) + sql[at:] if parts else sql
