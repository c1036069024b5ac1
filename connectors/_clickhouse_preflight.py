"""Is this ClickHouse account too powerful to audit with? What it could do besides reading, and the GRANTs that suffice.

Every query of ours forbids writing, but a fence of one's own is not the server's. Looked at are all grants of the
account, those of every role it was given among them. A profile with ``readonly = 1`` is a fence too: then nothing can
be written, whatever is granted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from datagov.connectors._clickhouse_open import ClickhouseError, Door, rows
from datagov.connectors._clickhouse_words import pieces, quote

_HARMLESS = frozenset(
    {
        "USAGE",
        "SELECT",
        "SHOW",
        "SHOW DATABASES",
        "SHOW TABLES",
        "SHOW COLUMNS",
        "SHOW DICTIONARIES",
        "SHOW ACCESS",
        "SHOW USERS",
        "SHOW ROLES",
        "SHOW ROW POLICIES",
        "SHOW QUOTAS",
        "SHOW SETTINGS PROFILES",
        "SHOW NAMED COLLECTIONS",
        "SHOW HANDLERS",
        "CHECK",
        "CLUSTER",
        "REMOTE",
    }
)
"""Privileges that read or show; every other one counts as a power, also one that is not known here."""

_READS_OUTSIDE = "can read files, other servers or stores by it"
_SOURCES_WORDS = (
    "FILE URL MONGO REDIS MYSQL POSTGRES SQLITE ODBC JDBC HDFS S3 HIVE AZURE KAFKA NATS RABBITMQ YTSAURUS "
    "SOURCES BIGQUERY DISK"
)
_SOURCES = frozenset(_SOURCES_WORDS.split())
_MOST = 12
_GRANT = re.compile(r"GRANT (?P<what>.+?) ON (?P<where>.+) TO .+?(?P<option> WITH GRANT OPTION)?$", re.DOTALL)
_COLUMNS = re.compile(r"\((?:[^`()]|`(?:[^`\\]|\\.)*`)*\)")
_WAYS = ("SHOW GRANTS FINAL", "SHOW GRANTS")


def powers(door: Door, *, profile_readonly: str) -> Sequence[str]:
    """What the account may do besides reading, as ends of sentences; empty when it can only read."""
    if profile_readonly == "1":
        return []
    lines = _granted(door)
    return list(dict.fromkeys(found for line in lines for found in _powers(line)))


def _granted(door: Door) -> list[str]:
    for way in _WAYS:
        try:
            return [str(line) for (line,) in rows(door, way)]
        except ClickhouseError:
            continue
    return ["GRANT a grant that may not be seen ON anything TO it"]


def _powers(line: str) -> Iterator[str]:
    if found := dangerous(line):
        match = _GRANT.match(line)
        shown = [*found[:_MOST], f"{len(found) - _MOST} more"] if len(found) > _MOST else found
        outside = f" ({_READS_OUTSIDE})" if _SOURCES & set(found) else ""
        yield f"holds {', '.join(shown)} on {match['where'].replace('`', '') if match else 'something'}{outside}"


def dangerous(line: str) -> Sequence[str]:
    """The privileges of one line of SHOW GRANTS that are more than reading.

    >>> dangerous("GRANT SELECT(a, b), INSERT, SHOW TABLES ON shop.* TO li WITH GRANT OPTION")
    ['INSERT', 'GRANT OPTION']
    >>> dangerous("GRANT analyst TO li"), dangerous("REVOKE SELECT ON shop.secret FROM li")
    (['a role whose grants may not be seen'], [])
    """
    if line.startswith("REVOKE "):
        return []
    match = _GRANT.match(line)
    if match is None:
        return ["a role whose grants may not be seen"]
    words = [word.strip() for word in pieces(_COLUMNS.sub("", match["what"]))]
    found = [word for word in words if word not in _HARMLESS and not word.startswith("dictGet")]
    return [*found, "GRANT OPTION"] if match["option"] else found


def sufficient_grants(databases: Sequence[str]) -> str:
    """The statements that make an account which can only read these databases; ``reader`` is to be renamed."""
    named = [quote(name) for name in databases] or ["your_database"]
    where = [*(f"{name}.*" for name in named), "system.parts"]
    made = ["CREATE USER reader IDENTIFIED BY '…' SETTINGS readonly = 2"]
    return "; ".join(made + [f"GRANT SELECT ON {one} TO reader" for one in where])
