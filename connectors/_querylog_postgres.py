"""Logs of PostgreSQL: csvlog, jsonlog, and stderr with the server's log_line_prefix."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from datagov.connectors._querylog_entry import Entry, of_epoch, utc

_STATEMENT = re.compile(r"(?s)(?:duration: [\d.]+ ms  )?(?:statement|execute [^\n]*?): (.*)")
_ESCAPE = re.compile(r"%(-?\d+)?([a-zA-Z%])")
_PARTS = {
    "t": r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+)",
    "m": r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.,]\d+ \S+)",
    "n": r"(?P<epoch>\d+\.\d+)",
    "u": r"(?P<user>.{0,128}?)",
    "d": r"(?P<database>.{0,128}?)",
    "p": r"\d+",
    "l": r"\d+",
    "c": r"[0-9a-f]+\.[0-9a-f]+",
    "s": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+",
    "e": r"\w{5}",
    "Q": r"-?\d+",
    "x": r"\d+",
}
"""What a log_line_prefix may hold; the other escapes are any text."""
_ANY = r".{0,256}?"
_HEADED = r"(?=.{0,2048}?[A-Z]\d?:  )"
"""A head of bounded length: looked for first, so that a line without one costs no search for its parts."""
_SEVERITY = r"(?P<severity>[A-Z]+\d?):  (?P<message>.*)\Z"
_CSV_TIME, _CSV_USER, _CSV_DATABASE, _CSV_SEVERITY, _CSV_MESSAGE = 0, 1, 2, 11, 13


def of_csv(rows: Iterable[tuple[int, list[str] | None]], zone: ZoneInfo | None) -> Iterator[Entry | int]:
    """Entries of csvlog; the line of a row of another shape."""
    for line, row in rows:
        if row is None or len(row) < 23:
            yield line
        elif row[_CSV_SEVERITY] == "LOG" and (sql := _sql(row[_CSV_MESSAGE])):
            yield Entry(sql, line, row[_CSV_USER] or None, utc(row[_CSV_TIME], zone), None)


def of_json(lines: Iterable[tuple[int, str]], zone: ZoneInfo | None) -> Iterator[Entry | int]:
    """Entries of jsonlog; the line of what is no object."""
    for line, text in lines:
        if not text.strip():
            continue
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            yield line
            continue
        message, user, time = said.get("message"), said.get("user"), said.get("timestamp")
        if said.get("error_severity") == "LOG" and isinstance(message, str) and (sql := _sql(message)):
            yield Entry(
                sql, line, user if isinstance(user, str) else None, utc(time, zone) if isinstance(time, str) else None
            )


def prefix_of(setting: str) -> re.Pattern[str]:
    """A log_line_prefix as a pattern of the first line of a message; raises ValueError for two of the same escape.

    >>> bool(prefix_of("%m [%p] %q%u@%d ").match("2026-11-27 02:33:27.123 UTC [81] li@shop LOG:  statement: SELECT 1"))
    True
    """
    out, at, optional = "", 0, False
    for mark in _ESCAPE.finditer(setting):
        out += re.escape(setting[at : mark.start()])
        at = mark.end()
        letter = mark.group(2)
        if letter == "%":
            out += "%"
        elif letter == "q":
            out, optional = out + "(?:", True
        else:
            out += rf"\s*{_PARTS.get(letter, _ANY)}\s*" if mark.group(1) else _PARTS.get(letter, _ANY)
    out += re.escape(setting[at:]) + (")?" if optional else "")
    try:
        return re.compile(_HEADED + out + _SEVERITY, re.DOTALL)
    except re.error:
        raise ValueError("it holds the same escape twice") from None


def of_stderr(
    lines: Iterable[tuple[int, str]], prefix: re.Pattern[str], zone: ZoneInfo | None
) -> Iterator[Entry | int]:
    """Entries of stderr; further lines of a message begin with a tab. The number of a line of another shape."""
    times = [name for name in ("time", "epoch") if name in prefix.groupindex]
    has_user = "user" in prefix.groupindex
    for line, found, more in _messages(lines, prefix):
        if found is None:
            yield line
            continue
        if found["severity"] != "LOG":
            continue
        sql = _sql("\n".join((found["message"], *more)) if more else found["message"])
        if not sql:
            continue
        at = None
        for name in times:
            told = found[name]
            at = (utc(told, zone) if name == "time" else of_epoch(float(told))) if told else at
        user = found["user"] if has_user else None
        yield Entry(sql, line, user if user and user != "[unknown]" else None, at)


def _messages(
    lines: Iterable[tuple[int, str]], prefix: re.Pattern[str]
) -> Iterator[tuple[int, re.Match[str] | None, list[str]]]:
    """The line on which a message begins, its first line, and what follows it; None for a line that is of none."""
    first, begun, more = 0, None, list[str]()
    match = prefix.match
    for number, line in lines:
        if line.startswith("\t") and begun:
            more.append(line[1:])
            continue
        if begun:
            yield first, begun, more
        first, begun = number, match(line)
        if more:
            more = []
        if begun is None and line.strip():
            yield number, None, []
    if begun:
        yield first, begun, more


def _sql(message: str) -> str | None:
    """The statement in a message of log_statement, log_duration or log_min_duration_statement."""
    if message.startswith("statement: "):
        return message[11:]
    found = _STATEMENT.match(message)
    return found.group(1) if found else None
