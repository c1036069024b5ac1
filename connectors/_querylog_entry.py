"""One entry of a query log, and the times that logs write as UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

_LEAD = re.compile(r"(?:\s++|--[^\n]*+(?:\n|\Z)|/\*!\d*+|/\*(?!!)(?:[^*]|\*(?!/))*+\*/|\()*+")
"""Space, comments and brackets before a statement; what MySQL runs inside ``/*! */`` is no comment."""
_ACCOUNTS = r"(?:role|user|login|group|database|extension|server|subscription|publication|system|session)"
_HARMLESS = re.compile(
    r"(?i)(?:show|start|commit|rollback|end|abort|savepoint|release|grant|revoke|deny|reset|discard|deallocate|close|fetch"
    r"|move|listen|notify|unlisten|checkpoint|analy[sz]e|vacuum|reindex|lock|unlock|kill|flush|describe|desc|security"
    rf"|(?:create|alter|drop)\s++(?:or\s++replace\s++)?{_ACCOUNTS}|comment\s++on)\b"
)
"""Statements that move no data: they are told by how they begin."""
_EXPLAIN = re.compile(r"(?is)explain\b(.{0,200}?\banaly[sz]e\b)?")
"""The plan of a query; with ``analyze`` the query runs."""
_PLAIN = re.compile(r"(?i)\s*(?:select|insert|update|delete|with|merge)\b")
"""How most queries begin: what begins so is one, whatever follows."""
_ALONE = re.compile(r"(?i)(?:set|use|begin)\b")
_MOVES = re.compile(r"(?i)\b(?:select|insert|update|delete|merge|exec|execute|call|copy|load|truncate)\b")
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[ T](\d{1,2}):(\d\d):(\d\d)(?:[.,]\d+)?\s*(?:(Z|UTC|GMT)|([+-]\d\d):?(\d\d)?|([A-Z]\w*))?\Z"
)
_EVERY_DAY = re.compile(r"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d):([0-5]\d)(?:[.,]\d+)?( ?[A-Z+-][\w:]*|)\Z")
"""Times that differ only in seconds: what they say of the minute is worked out once."""
_SHORT = re.compile(r"(\d\d)(\d\d)(\d\d)\s+(\d{1,2}):(\d\d):(\d\d)\Z")


class Entry(NamedTuple):
    """A query as a log holds it: its text (not masked, so never shown), the account, the time in UTC, its line."""

    sql: str
    line: int
    account: str | None = None
    at: str | None = None
    schema: str | None = None
    rows: int | None = None

    def __repr__(self) -> str:
        return f"Entry(line={self.line})"


def is_query(sql: str) -> bool:
    """Whether a text may read or write tables: settings, transactions, accounts and rights are no queries.

    What is not known to be harmless is a query, and so is a text with one such statement among others.

    >>> is_query("(SELECT 1)"), is_query("BEGIN; INSERT INTO t VALUES (1)"), is_query("SET x = 1"), is_query("COMMIT")
    (True, True, False, False)
    """
    return _PLAIN.match(sql) is not None or not all(map(_is_harmless, sql.split(";")))


def _is_harmless(statement: str) -> bool:
    lead = _LEAD.match(statement)
    at = lead.end() if lead else 0
    if at == len(statement) or _HARMLESS.match(statement, at):
        return True
    if explained := _EXPLAIN.match(statement, at):
        return explained.group(1) is None
    return bool(_ALONE.match(statement, at)) and not _MOVES.search(statement, at)


def utc(text: str, zone: ZoneInfo | None) -> str | None:
    """A time of a log as UTC ISO 8601; ``zone`` is where it stands when the text names no offset. None: not known.

    >>> utc("2026-11-27 02:33:27.123 UTC", None), utc("261127  2:33:27", ZoneInfo("Asia/Shanghai"))
    ('2026-11-27T02:33:27Z', '2026-11-26T18:33:27Z')
    """
    found = _EVERY_DAY.match(text)
    if found is None:
        return _utc(text.strip(), zone)
    minute, second, rest = found.groups()
    begins = _utc(f"{minute}:00{rest}", zone)
    if begins is None or not begins.endswith(":00Z"):
        return _utc(text.strip(), zone)
    return f"{begins[:-3]}{second}Z"


@lru_cache(maxsize=4_096)
def _utc(text: str, zone: ZoneInfo | None) -> str | None:
    found = _TIME.match(text)
    short = None if found else _SHORT.match(text)
    if found is None and short is None:
        return None
    where: tzinfo | None = zone
    if found is not None and found.group(7):
        where = UTC
    elif found is not None and found.group(8):
        hours, minutes = int(found.group(8)), int(found.group(9) or 0)
        if abs(hours) > 23 or minutes > 59:
            return None
        where = timezone(timedelta(hours=hours, minutes=minutes if hours >= 0 else -minutes))
    if where is None:
        return None
    parts = [int(part) for part in (found.groups()[:6] if found else short.groups())]  # type: ignore[union-attr]  # one is there
    try:
        year, *rest = parts
        moment = datetime(year if found else 2000 + year, *rest, tzinfo=where)  # type: ignore[misc, arg-type]  # six parts
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        return None


def of_epoch(seconds: float) -> str | None:
    """Seconds since 1970 as UTC ISO 8601."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return None
