"""Is this MySQL account too powerful to audit with? What it could do besides reading, and the GRANTs that suffice.

A read-only transaction is not a fence: FILE reads and writes files of the server's host, and a session can end its
transaction. Only an account that may do nothing but read is one. Looked at are the account's own grants, those of
PUBLIC, and those of every role it was given, enabled or not, because it can enable them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from datagov.connectors._mysql_open import driver, is_mariadb

HARMLESS = frozenset(
    {
        "USAGE",
        "SELECT",
        "SHOW VIEW",
        "SHOW DATABASES",
        "REFERENCES",
        "SHOW CREATE ROUTINE",
        "SHOW_ROUTINE",
        "PROCESS",
        "REPLICATION CLIENT",
        "BINLOG MONITOR",
        "SLAVE MONITOR",
        "REPLICA MONITOR",
    }
)
"""Privileges that read or show; every other one counts as a power, also one that is not known here."""

_MOST = 12
_GRANT = re.compile(r"^GRANT (?P<what>.+?) ON (?P<where>.+?) TO ", re.DOTALL)
_ROLE = re.compile(r"^GRANT (?P<roles>[`'\"].+?) TO [`'\"]", re.DOTALL)
_COLUMNS = re.compile(r"\s*\((?:[^`()]|`(?:[^`]|``)*`)*\)")


def powers(connection: Any) -> Sequence[str]:
    """What the account may do besides reading, as ends of sentences; empty when it can only read."""
    return list(dict.fromkeys(_powers(connection)))


def _powers(connection: Any) -> Iterator[str]:
    for granted in _granted(connection):
        if granted is None:
            yield "has a role whose grants it may not see"
        elif found := dangerous(granted):
            shown = [*found[:_MOST], f"{len(found) - _MOST} more"] if len(found) > _MOST else found
            match = _GRANT.match(granted)
            yield f"holds {', '.join(shown)} on {_object(match['where']) if match else 'something'}"


def dangerous(granted: str) -> Sequence[str]:
    """The privileges of one line of SHOW GRANTS that are more than reading.

    >>> dangerous("GRANT SELECT, INSERT (`a`, `b`), SHOW VIEW ON `shop`.* TO `li`@`%` WITH GRANT OPTION")
    ['INSERT', 'GRANT OPTION']
    """
    match = _GRANT.match(granted)
    if match is None:
        return [] if _ROLE.match(granted) else ["a grant that cannot be read"]
    words = [word.strip().upper() for word in _COLUMNS.sub("", match["what"]).split(",")]
    found = [word for word in words if word not in HARMLESS]
    tail = granted[match.end() :].upper()
    if "WITH GRANT OPTION" in tail or " GRANT OPTION" in tail:
        found.append("GRANT OPTION")
    return found


def _granted(connection: Any) -> Iterator[str | None]:
    """Every line of SHOW GRANTS for the account, PUBLIC and each role; None for a role that hides its grants."""
    own = _show(connection, "FOR CURRENT_USER")
    yield from own
    roles = [role for line in own if (match := _ROLE.match(line)) and not _GRANT.match(line) for role in _names(match)]
    if is_mariadb(connection):
        yield from _tried(connection, "FOR PUBLIC") or ()
        yield from _through_roles(connection, roles)
        return
    if roles:
        found = _tried(connection, f"FOR CURRENT_USER() USING {', '.join(roles)}")
        yield from (None,) if found is None else found


def _through_roles(connection: Any, roles: Sequence[str]) -> Iterator[str | None]:
    """MariaDB shows a role's grants, and those of the roles in it, while the role is enabled."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT CURRENT_ROLE()")
        (before,) = cursor.fetchone()
        for role in roles:
            try:
                cursor.execute(f"SET ROLE {role}")
                yield from _show(connection, "")
            except driver().MySQLError:
                yield None
        if roles:
            cursor.execute("SET ROLE NONE" if before is None else f"SET ROLE `{str(before).replace('`', '``')}`")


def _show(connection: Any, whose: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW GRANTS {whose}")
        return [str(row[0]) for row in cursor.fetchall()]


def _tried(connection: Any, whose: str) -> list[str] | None:
    try:
        return _show(connection, whose)
    except driver().MySQLError:
        return None


def _names(match: re.Match[str]) -> list[str]:
    return [name.strip() for name in match["roles"].split(",")]


def _object(where: str) -> str:
    return " ".join(where.replace("`", "").split())


def sufficient_grants(databases: Sequence[str]) -> str:
    """The statements that make an account which can only read these databases; ``reader`` is to be renamed."""
    listed = ["`" + name.replace("`", "``") + "`" for name in databases] or ["your_database"]
    made = ["CREATE USER reader IDENTIFIED BY '…'"]
    return "; ".join(made + [f"GRANT SELECT, SHOW VIEW ON {name}.* TO reader" for name in listed])
