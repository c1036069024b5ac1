"""Who may do what in a PostgreSQL database: accounts, roles in roles, and what was granted, as facts.

Any account may read these catalogs. An owner's own rights are one ``OWN``; everything else stands as it was granted,
so that ten thousand tables with twenty roles stay ten thousand rows and not two million.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datagov.fact_writer import FactWriter

PUBLIC = "PUBLIC"

_PER_MEMBERSHIP_SINCE = 16_00_00
"""From this version each membership says itself whether it inherits; before, the member says it for all."""

_ACCOUNTS = """
    SELECT r.rolname::text, r.rolcanlogin, concat_ws(', ',
           CASE WHEN r.rolsuper THEN 'superuser' END, CASE WHEN r.rolcreaterole THEN 'creates roles' END,
           CASE WHEN r.rolbypassrls THEN 'bypasses row security' END, CASE WHEN r.rolreplication THEN 'replicates' END,
           CASE r.rolname WHEN 'pg_read_all_data' THEN 'reads all data' WHEN 'pg_write_all_data' THEN 'writes all data'
           WHEN 'pg_read_server_files' THEN 'reads files of the server'
           WHEN 'pg_execute_server_program' THEN 'runs programs on the server' END)
    FROM pg_roles r ORDER BY r.rolname COLLATE "C"
"""
_MEMBERSHIPS = """
    WITH RECURSIVE held (member, role, path, inherits) AS (
        SELECT m.member, m.roleid, ARRAY[m.roleid], {inherits}
        FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
        UNION ALL
        SELECT h.member, m.roleid, h.path || m.roleid, h.inherits AND {inherits}
        FROM held h JOIN pg_auth_members m ON m.member = h.role JOIN pg_roles r ON r.oid = m.member
        WHERE NOT m.roleid = ANY(h.path)
    )
    SELECT DISTINCT ON (1, 2) pg_get_userbyid(member)::text, pg_get_userbyid(role)::text,
           ARRAY(SELECT pg_get_userbyid(p)::text FROM unnest(path[:cardinality(path) - 1]) WITH ORDINALITY AS u (p, n)
                 ORDER BY n), inherits
    FROM held ORDER BY 1, 2, inherits DESC, cardinality(path)
"""
_GRANTEE = "CASE e.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(e.grantee)::text END"
_ON_TABLES = f"""
    SELECT c.oid::bigint, NULL::text, {_GRANTEE}, e.privilege_type, e.is_grantable
    FROM pg_class c CROSS JOIN aclexplode(c.relacl) AS e
    WHERE c.oid = ANY(%(oids)s::oid[]) AND e.grantee <> c.relowner
    UNION ALL
    SELECT c.oid::bigint, a.attname::text, {_GRANTEE}, e.privilege_type, e.is_grantable
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid CROSS JOIN aclexplode(a.attacl) AS e
    WHERE c.oid = ANY(%(oids)s::oid[]) AND a.attnum > 0 AND NOT a.attisdropped AND e.grantee <> c.relowner
    ORDER BY 1, 2 NULLS FIRST, 3, 4
"""
_ON_SCHEMAS = f"""
    SELECT n.nspname::text, 'schema', {_GRANTEE}, e.privilege_type, e.is_grantable
    FROM pg_namespace n CROSS JOIN aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS e
    WHERE n.nspname = ANY(%(schemas)s)
    UNION ALL
    SELECT n.nspname::text, 'future', {_GRANTEE}, e.privilege_type, e.is_grantable
    FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace CROSS JOIN aclexplode(d.defaclacl) AS e
    WHERE d.defaclobjtype = 'r' AND e.grantee <> d.defaclrole
      AND (d.defaclnamespace = 0 OR n.nspname = ANY(%(schemas)s))
    UNION ALL
    SELECT NULL, 'source', {_GRANTEE}, e.privilege_type, e.is_grantable
    FROM pg_database b CROSS JOIN aclexplode(coalesce(b.datacl, acldefault('d', b.datdba))) AS e
    WHERE b.datname = current_database() AND e.privilege_type = 'CONNECT'
    ORDER BY 2, 1, 3, 4
"""


@dataclass(frozen=True, slots=True)
class Known:
    """A harvested relation: its dataset, its schema, the account that owns it, and its columns' ids by name."""

    dataset_id: int
    schema: str
    holder: str
    columns: Mapping[str, int]


def add_accounts(writer: FactWriter, connection: Any, *, source_id: int) -> None:
    """``account`` and ``membership`` facts."""
    for name, login, powers in connection.execute(_ACCOUNTS):
        writer.add("account", source_id=source_id, account=name, login=login, powers=powers or None)
    writer.add("account", source_id=source_id, account=PUBLIC, login=False)
    each_says = connection.info.server_version >= _PER_MEMBERSHIP_SINCE
    sql = _MEMBERSHIPS.format(inherits="m.inherit_option" if each_says else "r.rolinherit")
    for member, role, between, inherits in connection.execute(sql):
        through = " < ".join(between) or None
        writer.add("membership", source_id=source_id, member=member, role=role, through=through, inherits=inherits)


def add_privileges(
    writer: FactWriter, connection: Any, schemas: Sequence[str], known: Mapping[int, Known], *, source_id: int
) -> None:
    """``privilege`` facts on the harvested relations, ``known`` by oid, and on their schemas."""
    for one in known.values():
        writer.add(
            "privilege",
            source_id=source_id,
            dataset_id=one.dataset_id,
            scope="dataset",
            schema=one.schema,
            grantee=one.holder,
            action="OWN",
            grantable=True,
        )
    for oid, column, grantee, action, grantable in connection.execute(_ON_TABLES, {"oids": list(known)}):
        one = known[oid]
        writer.add(
            "privilege",
            source_id=source_id,
            dataset_id=one.dataset_id,
            column_id=one.columns.get(column),
            scope="dataset" if column is None else "column",
            schema=one.schema,
            grantee=grantee,
            action=action,
            grantable=grantable,
        )
    for schema, scope, grantee, action, grantable in connection.execute(_ON_SCHEMAS, {"schemas": list(schemas)}):
        writer.add(
            "privilege",
            source_id=source_id,
            scope=scope,
            schema=schema,
            grantee=grantee,
            action=action,
            grantable=grantable,
        )
