"""Rows inside a script: what ``COPY … FROM stdin;`` of a pg_dump file is followed by is data, not SQL."""

from __future__ import annotations

import re

_COPY = re.compile(r"(?im)^[ \t]*copy\s[^;]*?\bfrom\s+stdin\b[^;\n]*;[^\S\n]*\n")
_END = re.compile(r"(?m)^\\\.[^\S\n]*\r?$")
_SHOWN = re.compile(r"[^\r\n]")
DIALECTS = frozenset({"postgres", "redshift", "materialize", "risingwave", ""})


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
