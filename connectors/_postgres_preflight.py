"""Is this PostgreSQL account too powerful to audit with? What it could do besides reading, and the GRANTs that suffice.

A read-only session is not a fence: a superuser can still run programs and read files of the server's host, and can set
the session back to writing. Only an account that may do nothing but read is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

_ROLE = """
    SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls,
           ARRAY(SELECT d.rolname::text FROM pg_roles d
                 WHERE d.rolname LIKE 'pg\\_%%' AND d.rolname = ANY(%s) AND pg_has_role(r.oid, d.oid, 'MEMBER')
                 ORDER BY 1)
    FROM pg_roles r WHERE rolname = current_user
"""
_POWERFUL_ROLES = [
    "pg_write_all_data",
    "pg_write_server_files",
    "pg_read_server_files",
    "pg_execute_server_program",
    "pg_database_owner",
    "pg_signal_backend",
    "pg_maintain",
]
_ATTRIBUTES = ("is a superuser", "may create roles", "may create databases", "may replicate", "bypasses row security")

_WRITABLE = """
    SELECT count(*), min(format('%I.%I', n.nspname, c.relname))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f', 'v') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
"""


def powers(connection: Any, *, tables: bool) -> Sequence[str]:
    """What the account may do besides reading, as ends of sentences; empty when it can only read.

    ``tables`` looks at the write privileges on every table as well.
    """
    return list(_powers(connection, tables=tables))


def _powers(connection: Any, *, tables: bool) -> Iterator[str]:
    row = connection.execute(_ROLE, (_POWERFUL_ROLES,)).fetchone()
    yield from (says for says, holds in zip(_ATTRIBUTES, row[1:6], strict=True) if holds)
    if row[1]:
        return
    yield from (f"is a member of {role}" for role in row[6])
    if tables:
        count, first = connection.execute(_WRITABLE).fetchone()
        if count:
            yield f"may write to {count} tables, for example {first}"


def sufficient_grants(schemas: Sequence[str]) -> str:
    """The statements that make an account which can only read these schemas; ``reader`` is to be renamed."""
    listed = ", ".join('"' + name.replace('"', '""') + '"' for name in schemas) or "your_schema"
    return (
        "CREATE ROLE reader LOGIN PASSWORD '…'; "
        f"GRANT USAGE ON SCHEMA {listed} TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA {listed} TO reader"
    )
