"""Compiled SQL on the lines of the file it was written in, so that every place a lineage edge names can be opened."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import lru_cache

MAX_LINES = 4_000
"""Longest text, in lines, that is aligned; comparing is quadratic at worst."""

_WORD = re.compile(r"\w+")
_FIRST = 3
"""Words that two lines beginning with the same word, such as ``from``, have in common more."""
_BACKSLASH = frozenset(
    (
        "athena",
        "bigquery",
        "clickhouse",
        "databricks",
        "doris",
        "hive",
        "mysql",
        "redshift",
        "snowflake",
        "spark",
        "starrocks",
    )
)
_HASH = frozenset({"bigquery", "mysql", "doris", "starrocks"})


@lru_cache(maxsize=32)
def _lexer(dialect: str) -> re.Pattern[str]:
    """What may hold ``--`` or a line end without meaning it: comments, strings and quoted names of a dialect."""
    inside = r"(?:[^'\\]|\\.|'')*" if dialect in _BACKSLASH else r"(?:[^']|'')*"
    parts = [r"(?P<line>--[^\n]*" + (r"|#[^\n]*" if dialect in _HASH else "")]
    parts[0] += (r"|//[^\n]*" if dialect == "snowflake" else "") + ")"
    parts += [r"(?P<block>/\*.*?\*/)", r"'''.*?'''" if dialect == "bigquery" else "", rf"'{inside}'"]
    parts += [r'"(?:[^"]|"")*"', r"`[^`]*`", r"\$(?P<tag>\w*)\$.*?\$(?P=tag)\$"]
    parts += [r"\[[^\]\n]*\]" if dialect in {"tsql", "fabric"} else ""]
    return re.compile("|".join(part for part in parts if part), re.DOTALL)


def without_line_comments(sql: str, dialect: str) -> str:
    """The text with every comment that ends at a line end taken out; its lines stay where they are.

    >>> without_line_comments("select '--', a -- why", "postgres")
    "select '--', a "
    """
    return _lexer(dialect).sub(lambda match: "" if match.lastgroup == "line" else match[0], sql)


def flat(sql: str, dialect: str) -> str:
    """The text on one line; comments that end at a line end are taken out."""
    return " ".join(without_line_comments(sql, dialect).split("\n"))


def start_of(sql: str, dialect: str) -> int:
    """Offset of the first character that is neither white space nor comment."""
    lexer, at = _lexer(dialect), 0
    while at < len(sql):
        if sql[at].isspace():
            at += 1
            continue
        match = lexer.match(sql, at)
        if match is None or match.lastgroup not in ("line", "block"):
            break
        at = match.end()
    return at


def relaid(compiled: str, raw: str, *, dialect: str, injected: Sequence[str] = ()) -> tuple[str, bool]:
    """(compiled SQL whose line n stands on line n of ``raw``, whether that could be done).

    Lines that the template left alone keep their place; one that it made stands where its words are found, else on
    the line before it. What dbt ``injected`` (ephemeral models) stands on one line. The text keeps its meaning: only
    white space and comments that end at a line end change. A text that is too long comes back as it was.
    """
    for text in injected:
        compiled = compiled.replace(text, flat(text, dialect), 1)
    made, wanted = compiled.split("\n"), raw.split("\n")
    if max(len(made), len(wanted)) > MAX_LINES:
        return compiled, False
    bare = without_line_comments(compiled, dialect).split("\n")
    rows: list[list[str]] = [[] for _ in wanted]
    last = [-1] * len(wanted)
    for number, row in _rows(made, wanted):
        rows[row].append(bare[number])
        last[row] = number
    lines = []
    for pieces, number in zip(rows, last, strict=True):
        kept = [piece for piece in pieces[:-1] if piece.strip()]
        lines.append(" ".join([*kept, made[number]]) if pieces else "")
    return "\n".join(lines), True


def _rows(made: Sequence[str], wanted: Sequence[str]) -> Iterator[tuple[int, int]]:
    """(line made, line wanted it belongs to) for every line that is not blank; never going back."""
    left = [n for n, line in enumerate(made) if line.strip()]
    right = [n for n, line in enumerate(wanted) if line.strip()]
    ours, theirs = [made[n].strip() for n in left], [wanted[n].strip() for n in right]
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if kind == "delete":
            found = [max(j1 - 1, 0)] * (i2 - i1)
        elif kind == "replace" and i2 - i1 != j2 - j1:
            found = [j1 + n for n in _nearest(ours[i1:i2], theirs[j1:j2])]
        else:
            found = list(range(j1, j2))
        yield from ((left[i], right[j] if right else 0) for i, j in zip(range(i1, i2), found, strict=False))


def _nearest(made: Sequence[str], wanted: Sequence[str]) -> Iterator[int]:
    """Of lines the template changed, the wanted line with most words in common, at or after the one before."""
    words = [_WORD.findall(line) for line in wanted]
    at = 0
    for line in made:
        own = _WORD.findall(line)
        common = [len({*own} & {*other}) + _FIRST * (own[:1] == other[:1]) for other in words[at:]]
        at += common.index(max(common))
        yield at
