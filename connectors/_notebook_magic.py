"""IPython's magics in a cell: the SQL of ``%%sql`` and ``%sql`` with its connection, and what is left as Python."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from datagov.connectors._dialect_words import begins_sql

SQL_MAGICS = frozenset({"sql", "sparksql", "spark_sql", "bigquery", "duckdb", "dql", "read_sql"})
"""Magics whose text is SQL."""
_PYTHON_MAGICS = frozenset(
    [
        "time",
        "timeit",
        "capture",
        "prun",
        "memit",
        "mprun",
        "lprun",
        "debug",
        "python",
        "py",
        "spark",
        "pyspark",
        "local",
    ]
)
"""Cell magics whose text is Python."""
_PROSE = frozenset({"html", "markdown", "latex", "svg"})
_SPARK_SQL = re.compile(r"\s(?:-c|--context)[\s=]+['\"]?sql\b")
_OTHER_SPEECH = re.compile(r"\b(?:scala|sparkr|rspark)\b")
_BEGINS = re.compile(r"(?i)\b(?:select|with)\b")
_READS = re.compile(r"(?i)\bfrom\b")
_WRITES = re.compile(
    r"(?i)\b(?:(?:insert|merge|copy)\s+into|insert\s+overwrite|delete\s+from|update\s+\S+\s+set|copy\s+\S+\s+(?:from|to)"
    r"|(?:drop|alter|truncate|exchange)\s+table|create\s+(?:or\s+replace\s+)?(?:\w+\s+){0,2}(?:table|view))\b"
)
_OPTIONS_WITH_VALUE = frozenset(
    [
        "--alias",
        "-A",
        "--section",
        "-s",
        "--connection_arguments",
        "-a",
        "--save",
        "-S",
        "--with",
        "-w",
        "--file",
        "-f",
        "--close",
        "-x",
        "--creator",
        "-c",
        "--project",
        "--dataset",
        "--engine",
        "--destination_table",
        "--location",
        "--params",
        "--max_results",
        "--limit",
    ]
)
_FLAG = re.compile(r"--?[A-Za-z][\w-]*\Z")
_RESULT = re.compile(r"\s*\w+\s*=?<<\s*")
_CELL = re.compile(r"\s*%%(\w+)(.*)")
_LINE = re.compile(r"(\s*)(?:[\w, .\[\]'\"]+?=\s*)?%(\w+)(.*)")
_SHELL = re.compile(r"(\s*)(?:[\w, ]+?=\s*)?[!?]|(\s*)%|(\s*)[\w.]+\?{1,2}\s*\Z")
_QUOTES = re.compile(r"'''|\"\"\"|'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|#.*")


@dataclass(frozen=True, slots=True)
class Magic:
    """SQL of a magic, the line of the cell it begins on, from 0, its connection, and the file or names it refers to."""

    name: str
    sql: str
    line: int
    connection: str | None = None
    file: str | None = None
    saved_as: str | None = None
    parts: tuple[str, ...] = ()


def cell_magic(source: str) -> tuple[str, Magic | str | None] | None:
    """(name, what stands below it) of a cell magic: SQL, Python as text, or None for what is neither.

    None when the cell does not begin with one.
    """
    lines = source.split("\n")
    first = next((n for n, line in enumerate(lines) if line.strip()), 0)
    found = _CELL.match(lines[first])
    if found is None:
        return None
    name, rest = found.group(1), found.group(2)
    if name in SQL_MAGICS:
        return name, _magic(name, [rest, *lines[first + 1 :]], first)
    if name == "spark" and _SPARK_SQL.search(rest):
        return name, _magic("sparksql", [rest, *lines[first + 1 :]], first)
    if name == "spark" and _OTHER_SPEECH.search(rest):
        return name, None
    if name in _PYTHON_MAGICS:
        return name, "\n".join(["" for _ in lines[: first + 1]] + lines[first + 1 :])
    return name, None


def sql_words(name: str, text: str) -> int | None:
    """The line, from 0, on which text below a magic that is not examined has words as SQL has them; None: nowhere.

    >>> sql_words("bash", "ls\\npsql -c 'select a from t'"), sql_words("bash", "ls"), sql_words("html", "select from")
    (1, None, None)
    """
    if name in _PROSE:
        return None
    begun = _BEGINS.search(text)
    read = begun if begun and _READS.search(text, begun.end()) else None
    places = [found.start() for found in (read, _WRITES.search(text)) if found]
    return text.count("\n", 0, min(places)) if places else None


def line_magics(source: str) -> tuple[list[Magic], str, list[int]]:
    """The SQL of line magics, the cell as Python, and lines, from 0, with SQL in what is neither, such as ``!psql``.

    Lines that are not Python are ``pass``, so that lines stay.
    """
    magics: list[Magic] = []
    unread: list[int] = []
    kept: list[str] = []
    lines = source.split("\n")
    at, inside = 0, ""
    while at < len(lines):
        end = at
        if not inside and (found := _LINE.match(lines[at])) and found.group(2) in SQL_MAGICS:
            taken = [found.group(3)]
            while taken[-1].endswith("\\") and end + 1 < len(lines):
                end += 1
                taken[-1] = taken[-1][:-1] + " "
                taken.append(lines[end])
            magics.append(_magic(found.group(2), taken, at))
            kept += [found.group(1) + "pass", *("" for _ in taken[1:])]
        elif not inside and (shell := _SHELL.match(lines[at])):
            kept.append(next(group for group in (*shell.groups(), "") if group is not None) + "pass")
            while lines[end].endswith("\\") and end + 1 < len(lines):
                end += 1
                kept.append("")
            if sql_words("", "\n".join(lines[at : end + 1])) is not None:
                unread.append(at)
        else:
            inside = _open_quote(lines[at], inside)
            kept.append(lines[at])
        at = end + 1
    return magics, "\n".join(kept), unread


def _open_quote(line: str, inside: str) -> str:
    """The triple quote that is open at the end of a line, given the one open at its begin."""
    at = 0
    while True:
        if inside:
            at = line.find(inside, at)
            if at < 0:
                return inside
            at, inside = at + 3, ""
        found = _QUOTES.search(line, at)
        if found is None:
            return ""
        at = found.end()
        if found.group() in ("'''", '"""'):
            inside = found.group()


def _magic(name: str, lines: Sequence[str], line: int) -> Magic:
    """A magic from the rest of its line and the lines below; options and connection are taken off the first."""
    head, given = lines[0], dict[str, list[str]]()
    connection: str | None = None
    while word := re.match(r"\s*(\"[^\"]*\"|'[^']*'|\S+)", head):
        told = word.group(1)
        option, _, value = told.partition("=")
        if result := _RESULT.match(head):
            head = head[result.end() :]
        elif _FLAG.match(option) and told != "--":
            head = head[word.end() :]
            if (
                not value
                and option in _OPTIONS_WITH_VALUE
                and (after := re.match(r"\s*('[^']*'|\"[^\"]*\"|\S+)", head))
            ):
                value, head = after.group(1), head[after.end() :]
            given.setdefault(option, []).append(_unquoted(value))
        elif connection is None and not begins_sql(head) and not told.startswith("--") and _is_connection(name, told):
            connection, head = _unquoted(told), head[word.end() :]
        else:
            break
    connection = connection or next(
        (given[one][0] for one in ("--alias", "-A", "--section", "-s") if one in given), None
    )
    saved = next((given[one][0] for one in ("--save", "-S") if one in given), None)
    parts = tuple(part for one in ("--with", "-w") for value in given.get(one, ()) for part in value.split(","))
    file = next((given[one][0] for one in ("--file", "-f") if one in given), None)
    body = [head.lstrip(), *lines[1:]]
    while len(body) > 1 and not body[0].strip():
        body, line = body[1:], line + 1
    return Magic(name, "\n".join(body), line, connection, file, saved, parts)


def _is_connection(name: str, word: str) -> bool:
    """A URL, ``@section``, ``{{variable}}``, or a name that stands where SQL cannot begin with it."""
    plain = _unquoted(word)
    if name in ("bigquery", "sparksql", "spark_sql"):
        return bool(re.fullmatch(r"\w+", plain))
    return "://" in plain or plain.startswith(("@", "$", "{{")) or bool(re.fullmatch(r"[A-Za-z_]\w*(@\w+)?", plain))


def _unquoted(word: str) -> str:
    try:
        return "".join(shlex.split(word)) or word
    except ValueError:
        return word
