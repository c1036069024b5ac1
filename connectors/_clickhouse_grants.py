"""Who may do what in a ClickHouse server, as far as this account may see it, as facts.

A grant can have holes (REVOKE of a part of it). Such a grant is handed on as grants of what is left: of the databases,
tables or columns that no hole covers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from datagov.connectors._clickhouse_open import ClickhouseError, Door, rows
from datagov.connectors._clickhouse_preflight import dangerous
from datagov.fact_writer import FactWriter

_GRANTS = """
    SELECT coalesce(user_name, ''), coalesce(role_name, ''), toString(access_type), coalesce(database, ''),
           coalesce(table, ''), coalesce(column, ''), is_partial_revoke, grant_option
    FROM system.grants ORDER BY ALL
"""
_HELD = """
    SELECT coalesce(user_name, role_name), granted_role_name FROM system.role_grants ORDER BY ALL
"""
_USERS = "SELECT name FROM system.users ORDER BY name"
_ROLES = "SELECT name FROM system.roles ORDER BY name"

Places = Mapping[str, tuple[int, Mapping[str, int]]]
"""Of one database: dataset_id and column ids by name, by table."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A privilege on everything, a database, a table or a column: what is empty is not narrowed down."""

    grantee: str
    action: str
    database: str
    table: str
    column: str
    grantable: bool

    def covers(self, database: str, table: str, column: str) -> bool:
        """Whether a place lies in this one."""
        pairs = ((self.database, database), (self.table, table), (self.column, column))
        return all(not mine or mine == other for mine, other in pairs)


def add_grants(writer: FactWriter, door: Door, places: Mapping[str, Places], *, source_id: int) -> bool:
    """``account``, ``membership`` and ``privilege`` facts; returns whether those of everybody could be seen."""
    try:
        granted = rows(door, _GRANTS)
        held = [(str(member), str(role)) for member, role in rows(door, _HELD)]
        users = [str(name) for (name,) in rows(door, _USERS)]
        roles = [str(name) for (name,) in rows(door, _ROLES)]
    except ClickhouseError:
        return False
    grants: list[Grant] = []
    holes: list[Grant] = []
    for user, role, action, database, table, column, is_hole, grantable in granted:
        one = Grant(str(user or role), str(action), str(database), str(table), str(column), bool(grantable))
        (holes if is_hole else grants).append(one)
    for grant in grants:
        mine = [hole for hole in holes if hole.grantee == grant.grantee and hole.action == grant.action]
        for one in without(grant, mine, places):
            _add(writer, one, places, source_id=source_id)
    _add_accounts(writer, grants, users, roles, held, source_id=source_id)
    return True


def without(grant: Grant, holes: Sequence[Grant], places: Mapping[str, Places]) -> Iterator[Grant]:
    """What is left of a grant, in as few grants as it takes."""
    inside = [hole for hole in holes if grant.covers(hole.database, hole.table, hole.column)]
    if not inside:
        yield grant
    elif grant.column or any(hole.covers(grant.database, grant.table, grant.column) for hole in inside):
        return
    else:
        for part in _parts(grant, places):
            yield from without(part, inside, places)


def _parts(grant: Grant, places: Mapping[str, Places]) -> Iterator[Grant]:
    """A grant on everything, a database or a table as grants on what is in it."""
    if not grant.database:
        yield from (replace(grant, database=name) for name in places)
    elif not grant.table:
        yield from (replace(grant, table=name) for name in places.get(grant.database, ()))
    else:
        columns = places.get(grant.database, {}).get(grant.table, (0, {}))[1]
        yield from (replace(grant, column=name) for name in columns)


def _add(writer: FactWriter, grant: Grant, places: Mapping[str, Places], *, source_id: int) -> None:
    said = {"source_id": source_id, "grantee": grant.grantee, "action": grant.action, "grantable": grant.grantable}
    if not grant.database:
        writer.add("privilege", scope="source", **said)
        return
    for database in _matching(grant.database, places):
        tables = places[database]
        if not grant.table:
            writer.add("privilege", scope="schema", schema=database, **said)
            continue
        for table in _matching(grant.table, tables):
            dataset_id, columns = tables[table]
            where = {"dataset_id": dataset_id, "schema": database}
            if not grant.column:
                writer.add("privilege", scope="dataset", **where, **said)
            elif grant.column in columns:
                writer.add("privilege", scope="column", column_id=columns[grant.column], **where, **said)


def _matching(pattern: str, names: Mapping[str, object]) -> list[str]:
    """Names that a grant means; since 24.10 one may end in ``*``."""
    if pattern.endswith("*") and pattern not in names:
        return [name for name in names if name.startswith(pattern[:-1])]
    return [pattern] if pattern in names else []


def _add_accounts(
    writer: FactWriter,
    grants: Sequence[Grant],
    users: Sequence[str],
    roles: Sequence[str],
    held: Sequence[tuple[str, str]],
    *,
    source_id: int,
) -> None:
    powers: dict[str, set[str]] = {}
    for grant in grants:
        if not grant.database and dangerous(f"GRANT {grant.action} ON *.* TO it"):
            powers.setdefault(grant.grantee, set()).add(grant.action.lower())
    for name in sorted({*users, *roles}):
        writer.add(
            "account",
            source_id=source_id,
            account=name,
            login=name in users,
            powers=", ".join(sorted(powers.get(name, ()))) or None,
        )
    direct: dict[str, list[str]] = {}
    for member, role in held:
        direct.setdefault(member, []).append(role)
    for member in direct:
        known = {member}
        frontier: list[tuple[str, tuple[str, ...]]] = [(member, ())]
        for name, way in frontier:
            for role in direct.get(name, ()):
                if role not in known:
                    known.add(role)
                    through = " < ".join(way) or None
                    writer.add(
                        "membership", source_id=source_id, member=member, role=role, through=through, inherits=True
                    )
                    frontier.append((role, (*way, role)))
