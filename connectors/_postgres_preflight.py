"""Is this PostgreSQL account too powerful to audit with? What it could do besides reading, and the GRANTs that suffice.

A read-only session is not a fence: a superuser can still run programs and read files of the server's host, and can set
the session back to writing. Only an account that may do nothing but read is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from datagov.plural import counted

_ROLES = """
    SELECT r.rolname::text, r.rolname IN (current_user, session_user), r.rolname = ANY(%s),
           r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolreplication, r.rolbypassrls
    FROM pg_roles r JOIN pg_roles me ON me.rolname IN (current_user, session_user)
    WHERE r.oid = me.oid OR (pg_has_role(me.oid, r.oid, 'MEMBER') AND NOT me.rolsuper)
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 2 DESC, 1
"""
"""The account, and every role that it may become by SET ROLE, whether or not it inherits from it."""
_POWERFUL_ROLES = [
    "pg_write_all_data",
    "pg_write_server_files",
    "pg_read_server_files",
    "pg_execute_server_program",
    "pg_database_owner",
    "pg_signal_backend",
    "pg_maintain",
    "pg_create_subscription",
    "pg_signal_autovacuum_worker",
]
_ATTRIBUTES = ("is a superuser", "may create roles", "may create databases", "may replicate", "bypasses row security")

_WRITABLE = """
    SELECT count(*), min(format('%%I.%%I', n.nspname, c.relname))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f', 'v') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND EXISTS (SELECT FROM unnest(%s::name[]) AS role
                  WHERE has_table_privilege(role, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE'))
"""


def powers(connection: Any, *, tables: bool) -> Sequence[str]:
    """What the account may do besides reading, as ends of sentences; empty when it can only read.

    ``tables`` looks at the write privileges on every table as well.
    """
    return list(_powers(connection, tables=tables))


def _powers(connection: Any, *, tables: bool) -> Iterator[str]:
    roles = connection.execute(_ROLES, (_POWERFUL_ROLES,)).fetchall()
    for name, own, powerful, *attributes in roles:
        found = [says for says, holds in zip(_ATTRIBUTES, attributes, strict=True) if holds]
        if own:
            yield from found
        elif found or powerful:
            yield f"is a member of {name}" + (f", which {' and '.join(found)}" if found else "")
        if own and attributes[0]:
            return
    if tables:
        count, first = connection.execute(_WRITABLE, ([role[0] for role in roles],)).fetchone()
        if count:
            yield f"may write to {counted(count, 'table')}, for example {first}"


def sufficient_grants(schemas: Sequence[str]) -> str:
    """The statements that make an account which can only read these schemas; ``reader`` is to be renamed."""
    listed = ", ".join('"' + name.replace('"', '""') + '"' for name in schemas) or "your_schema"
    return (
        "CREATE ROLE reader LOGIN PASSWORD '…'; "
        f"GRANT USAGE ON SCHEMA {listed} TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA {listed} TO reader"
    )
