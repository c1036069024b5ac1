"""Logs of MySQL and MariaDB: the general query log and the slow query log, of either server."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from datagov.connectors._querylog_entry import Entry, of_epoch, utc

_GENERAL = re.compile(
    r"(?P<time>\d{6}\s+\d{1,2}:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))?\t\s*+(?P<id>\d+) "
    r"(?P<command>Connect|Query|Execute|Init DB|Change user|Quit|Prepare|Close stmt|Reset stmt|Long Data|Field List"
    r"|Ping|Statistics|Sleep|Refresh|Shutdown|Processlist|Kill|Debug|Time|Delayed insert|Binlog Dump|Table Dump"
    r"|Connect Out|Register Slave|Set option|Fetch|Daemon|Error|Reset connection)(?:\t(?P<said>.*))?\Z",
    re.DOTALL,
)
_WHO = re.compile(r"(?P<user>.*?)@\S*(?: as .*?)? on ?(?P<database>\S*)")
_USE = re.compile(r"(?i)\s*use\s+`?([^`;\s]+)`?\s*;?\s*\Z")
_HEAD = re.compile(
    r"# (Time|User@Host|Thread_id|Query_time|Rows_affected|Full_scan|Filesort|Tmp_\w+|explain|Pages_\w+)\b"
)
_USER = re.compile(r"# User@Host: (.*?)\[")
_SCHEMA = re.compile(r"# Thread_id: \d+\s+Schema: (\S*)")
_ROWS = re.compile(r"\b(Rows_sent|Rows_affected): ([0-9]{1,18})\b")
_TIMESTAMP = re.compile(r"(?i)SET timestamp=([0-9]{1,18})(?:\.\d+)?;\Z")
_SERVER = re.compile(r"\S+, Version: .*\(|Tcp port: |Time\s+Id Command\s+Argument")


@dataclass(slots=True)
class _Session:
    account: str | None = None
    database: str | None = None


def of_general(lines: Iterable[tuple[int, str]], zone: ZoneInfo | None) -> Iterator[Entry | int]:
    """Entries of a general query log. MariaDB writes a time only when the second changes, in the server's zone.

    A line that no entry is before is told by its number, but for the heading of the server.
    """
    sessions: dict[str, _Session] = {}
    at: str | None = None
    for line, text in _general(lines):
        found = _GENERAL.match(text)
        if found is None:
            yield line
            continue
        at = utc(found["time"], zone) if found["time"] else at
        session = sessions.setdefault(found["id"], _Session())
        command, said = found["command"], found["said"] or ""
        if command in ("Connect", "Change user") and (who := _WHO.match(said)):
            session.account, session.database = who["user"] or None, who["database"] or None
        elif command == "Init DB":
            session.database = said.strip() or None
        elif command == "Quit":
            sessions.pop(found["id"], None)
        elif command in ("Query", "Execute"):
            if used := _USE.match(said):
                session.database = used.group(1)
            else:
                yield Entry(said, line, session.account, at, session.database)


def _general(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    first, text = 0, list[str]()
    for number, line in lines:
        if _GENERAL.match(line) or _SERVER.match(line):
            if text:
                yield first, "\n".join(text)
            first, text = number, [] if _SERVER.match(line) else [line]
        elif text:
            text.append(line)
        elif line.strip():
            yield number, line
    if text:
        yield first, "\n".join(text)


@dataclass(slots=True)
class _Slow:
    """The heading of an entry of the slow log, and its statement so far."""

    account: str | None = None
    schema: str | None = None
    at: str | None = None
    rows: int | None = None
    line: int = 0
    text: list[str] = field(default_factory=list)

    def entry(self) -> Entry | None:
        sql = "\n".join(self.text).strip().removesuffix(";")
        return Entry(sql, self.line, self.account, self.at, self.schema, self.rows) if sql else None


def of_slow(lines: Iterable[tuple[int, str]], zone: ZoneInfo | None) -> Iterator[Entry | int]:
    """Entries of a slow query log, timed by ``SET timestamp``; the number of a line that no heading is before."""
    now = _Slow()
    schema: str | None = None
    headed = False
    for number, line in lines:
        if _HEAD.match(line):
            if now.text:
                if entry := now.entry():
                    yield entry
                now = _Slow(account=now.account, schema=schema)
            headed = True
            schema = _heading(now, line, zone, schema)
        elif _SERVER.match(line):
            continue
        elif not headed:
            if line.strip():
                yield number
        elif line.startswith("# "):
            continue
        elif stamp := _TIMESTAMP.match(line.strip()):
            now.at = of_epoch(int(stamp.group(1)))
        elif not now.text and (used := _USE.match(line)):
            now.schema = schema = used.group(1)
        else:
            now.line = now.line or number
            now.text.append(line)
    if entry := now.entry():
        yield entry


def _heading(now: _Slow, line: str, zone: ZoneInfo | None, schema: str | None) -> str | None:
    """Take up one line of a heading; the schema that holds from here on."""
    if line.startswith("# Time: "):
        now.at = utc(line[8:], zone)
    if user := _USER.match(line):
        now.account = user.group(1).strip() or None
    if found := _SCHEMA.match(line):
        now.schema = schema = found.group(1) or None
    counted = [int(number) for _, number in _ROWS.findall(line)]
    if counted:
        now.rows = (now.rows or 0) + sum(counted)
    return schema
