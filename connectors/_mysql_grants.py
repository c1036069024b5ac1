"""Who may do what in the databases of a MySQL or MariaDB server, as far as this account may see it, as facts.

The server shows an account its own grants, and those of everybody only to one that may read the database ``mysql``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from datagov.connectors._mysql_catalog import run
from datagov.connectors._mysql_open import driver, is_mariadb
from datagov.connectors._mysql_preflight import HARMLESS
from datagov.fact_writer import FactWriter

PUBLIC = "PUBLIC"

_EVERYWHERE = "SELECT GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.USER_PRIVILEGES"
_ON_DATABASES = """
    SELECT GRANTEE, TABLE_SCHEMA, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.SCHEMA_PRIVILEGES
"""
_ON_TABLES = """
    SELECT GRANTEE, TABLE_NAME, NULL, PRIVILEGE_TYPE, IS_GRANTABLE
    FROM information_schema.TABLE_PRIVILEGES WHERE TABLE_SCHEMA = %s
"""
_ON_COLUMNS = """
    SELECT GRANTEE, TABLE_NAME, COLUMN_NAME, PRIVILEGE_TYPE, IS_GRANTABLE
    FROM information_schema.COLUMN_PRIVILEGES WHERE TABLE_SCHEMA = %s
"""
_ROLES_OF_MARIADB = "SELECT User, Host, Role FROM mysql.roles_mapping"
_ROLES_OF_MYSQL = "SELECT TO_USER, TO_HOST, FROM_USER FROM mysql.role_edges"
_IS_ROLE = "SELECT User, Host FROM mysql.user WHERE is_role = 'Y'"
_GRANTEE = re.compile(r"'(?P<user>.*)'@'(?P<host>[^']*)'$")

Places = Mapping[str, tuple[int, Mapping[str, int]]]
"""Of one database: dataset_id and column ids by name, by table."""


def add_grants(writer: FactWriter, connection: Any, places: Mapping[str, Places], *, source_id: int) -> bool:
    """``account``, ``membership`` and ``privilege`` facts; returns whether those of everybody could be seen."""
    seen: set[str] = set()

    def grant(grantee: str, action: str, grantable: str, scope: str, **where: Any) -> None:
        name = account(grantee)
        seen.add(name)
        if action != "USAGE":
            writer.add(
                "privilege",
                source_id=source_id,
                scope=scope,
                grantee=name,
                action=action,
                grantable=grantable == "YES",
                **where,
            )

    powers: dict[str, list[str]] = {}
    for grantee, action, grantable in run(connection, _EVERYWHERE):
        grant(grantee, action, grantable, "source")
        if action not in HARMLESS and action not in _ON_DATA:
            powers.setdefault(account(grantee), []).append(action)
    for grantee, database, action, grantable in run(connection, _ON_DATABASES):
        if _plain(database) in places:
            grant(grantee, action, grantable, "schema", schema=_plain(database))
    for database, tables in places.items():
        for sql in (_ON_TABLES, _ON_COLUMNS):
            for grantee, table, column, action, grantable in run(connection, sql, database):
                dataset_id, columns = tables.get(table, (None, {}))
                if dataset_id is not None:
                    scope = "dataset" if column is None else "column"
                    where = {"dataset_id": dataset_id, "column_id": columns.get(column), "schema": database}
                    grant(grantee, action, grantable, scope, **where)
    roles = _roles(connection)
    _add_accounts(writer, seen | {PUBLIC}, roles or [], _listed(connection), powers, source_id=source_id)
    return roles is not None


_ON_DATA = frozenset({"INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "TRIGGER", "EVENT", "EXECUTE"})
"""Privileges that are listed as such, also where they hold for the whole server."""


def account(grantee: str) -> str:
    """A grantee of information_schema as one name: a role or PUBLIC without a host.

    >>> account("'li'@'%'"), account("'readers'@''"), account("'PUBLIC'@''")
    ('li@%', 'readers', 'PUBLIC')
    """
    match = _GRANTEE.match(grantee)
    if match is None:
        return grantee.strip("'`\"")
    return f"{match['user']}@{match['host']}" if match["host"] else match["user"]


def _plain(pattern: str) -> str:
    """A database name of a grant: there ``_`` and ``%`` that stand for themselves have a backslash."""
    return pattern.replace("\\_", "_").replace("\\%", "%")


def _roles(connection: Any) -> list[tuple[str, str]] | None:
    """(member, role) pairs; None when this account may not see who has which role."""
    sql = _ROLES_OF_MARIADB if is_mariadb(connection) else _ROLES_OF_MYSQL
    try:
        return [(f"{user}@{host}" if host else str(user), str(role)) for user, host, role in run(connection, sql)]
    except driver().MySQLError:
        return None


def _listed(connection: Any) -> frozenset[str]:
    """Names of roles, where the server tells them from accounts."""
    try:
        return frozenset(str(user) for user, _ in run(connection, _IS_ROLE))
    except driver().MySQLError:
        return frozenset()


def _add_accounts(
    writer: FactWriter,
    seen: set[str],
    given: Sequence[tuple[str, str]],
    roles: frozenset[str],
    powers: Mapping[str, Sequence[str]],
    *,
    source_id: int,
) -> None:
    held = list(_closure(given))
    names = seen | {name for member, role, _ in held for name in (member, role)}
    are_roles = roles | {role for _, role, _ in held} | {PUBLIC}
    for name in sorted(names):
        writer.add(
            "account",
            source_id=source_id,
            account=name,
            login=name not in are_roles,
            powers=", ".join(sorted(powers.get(name, ()))).lower() or None,
        )
    for member, role, through in held:
        writer.add("membership", source_id=source_id, member=member, role=role, through=through, inherits=True)


def _closure(given: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str, str | None]]:
    """(member, role, roles in between) of everybody, the shortest way first; a role can be enabled by who has it."""
    direct: dict[str, list[str]] = {}
    for member, role in sorted(given):
        direct.setdefault(member, []).append(role)
    for member in direct:
        known = {member}
        frontier: list[tuple[str, tuple[str, ...]]] = [(member, ())]
        for name, way in frontier:
            for role in direct.get(name, ()):
                if role not in known:
                    known.add(role)
                    yield member, role, " < ".join(way) or None
                    frontier.append((role, (*way, role)))
