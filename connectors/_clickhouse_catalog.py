"""What the system tables of ClickHouse say: databases, tables, columns, keys, statements, and the state of parts.

Every query is asked once for all databases that are wanted, so ten thousand tables are a handful of queries.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from datagov.connectors._clickhouse_open import DENIED, ClickhouseError, Door, rows
from datagov.connectors._clickhouse_words import listed, literal, quote

SYSTEM = ("system", "information_schema", "INFORMATION_SCHEMA", "_temporary_and_external_tables")
"""Databases of the server itself."""

_OUTSIDE_WORDS = (
    "MySQL PostgreSQL MongoDB SQLite Redis ODBC JDBC URL S3 COSN OSS GCS AzureBlobStorage Azure HDFS File Hive "
    "DeltaLake DeltaLakeS3 DeltaLakeAzure DeltaLakeLocal Iceberg IcebergS3 IcebergAzure IcebergHDFS "
    "IcebergLocal Hudi Paimon PaimonS3 PaimonAzure PaimonHDFS PaimonLocal Executable ExecutablePool ArrowFlight "
    "ArrowStream BigQuery KeeperMap QueryRunner YTsaurus ExternalDistributed"
)
OUTSIDE = frozenset(_OUTSIDE_WORDS.split())
"""Engines of tables whose rows lie in another system."""

STREAMS = frozenset(["Kafka", "RabbitMQ", "NATS", "FileLog", "S3Queue", "AzureQueue"])
"""Engines of tables from which reading takes rows away."""

MADE_UP = frozenset(["GenerateRandom", "FuzzJSON", "FuzzQuery"])
"""Engines of tables that make up rows whenever they are asked, and keep none."""

FUNCTION = "Proxy"
"""What stands for the engine of a table that is a table function, until the function is first called."""

_KEPT_WORDS = (
    "Atomic Ordinary Memory Lazy Replicated Shared Overlay Dictionary MaterializedPostgreSQL MaterializedMySQL"
)
DATABASES = frozenset(_KEPT_WORDS.split())
"""Engines of databases whose tables the server has itself; to list those of another one, it asks another system."""

_VIEWS = ("View", "MaterializedView", "LiveView", "WindowView")

_DATABASES = "SELECT name, engine FROM system.databases ORDER BY name"
_TABLES = """
    SELECT database, name, engine, comment, total_rows, total_bytes, create_table_query,
           toString(toUnixTimestamp(metadata_modification_time))
    FROM system.tables WHERE database IN ({databases}) AND NOT is_temporary
    ORDER BY database, name
"""
_COLUMNS = """
    SELECT database, table, name, position, type, comment, is_in_primary_key, default_kind
    FROM system.columns WHERE database IN ({databases}) ORDER BY database, table, position
"""
_PARTS = """
    SELECT database, table, count(), sum(rows),
           hex(groupBitXor(cityHash64(name, hash_of_all_files))),
           formatDateTime(max(modification_time), '%Y-%m-%dT%H:%i:%SZ', 'UTC'), max({deleted})
    FROM system.parts WHERE active AND database IN ({databases}) GROUP BY database, table
"""
_FUNCTION = re.compile(r"\bAS\s+`?(\w+)`?\s*\(", re.IGNORECASE)
_PARAMETER = re.compile(r"\{\s*\w+\s*:\s*[A-Z]\w*[^{}]*\}")
_HAS_DELETED = """
    SELECT count() FROM system.columns
    WHERE database = 'system' AND table = 'parts' AND name = 'has_lightweight_delete'
"""


@dataclass(frozen=True, slots=True)
class State:
    """The active parts of a table, together: ``token`` changes when any of them does."""

    parts: int
    rows: int
    token: str
    changed_at: str
    masked: bool
    """Whether rows were deleted that the parts still count."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, view or dictionary. ``rows`` is the server's own count, which is exact but for deleted rows."""

    database: str
    name: str
    engine: str
    comment: str | None = None
    rows: int | None = None
    size: int | None = None
    sql: str | None = None
    changed: str | None = None

    @property
    def dataset(self) -> str:
        """``database.name``."""
        return f"{self.database}.{self.name}"

    @property
    def qualified(self) -> str:
        """Database and name, quoted."""
        return f"{quote(self.database)}.{quote(self.name)}"

    @property
    def kind(self) -> str:
        """``view`` for what is defined by a query, else ``table``."""
        return "view" if self.engine in _VIEWS else "table"

    @property
    def function(self) -> str | None:
        """The table function that the table is, as its statement says: ``remote``."""
        found = _FUNCTION.search(self.sql or "") if self.engine == FUNCTION else None
        return found[1] if found else None

    @property
    def has_parameters(self) -> bool:
        """Whether it is a view that has rows only for given values."""
        return self.engine == "View" and _PARAMETER.search(self.sql or "") is not None

    @property
    def has_parts(self) -> bool:
        """Whether the table consists of parts whose rows have a place."""
        return self.engine.endswith("MergeTree")


@dataclass(frozen=True, slots=True)
class Column:
    """A column in the order of its relation; ``data_type`` as ClickHouse spells it."""

    name: str
    data_type: str
    comment: str | None
    in_key: bool
    default: str


def databases(door: Door, wanted: Sequence[str]) -> dict[str, str]:
    """The databases this account sees, of those wanted, with their engines; all but the server's own when none is
    named.
    """
    seen = [(str(name), str(engine)) for name, engine in rows(door, _DATABASES)]
    return {name: engine for name, engine in seen if (name in wanted if wanted else name not in SYSTEM)}


def relations(door: Door, names: Sequence[str]) -> list[Relation]:
    """Every table, view and dictionary of the databases; the hidden tables of materialized views are left out."""
    if not names:
        return []
    found = rows(door, _TABLES.format(databases=listed(list(names))))
    return [_relation(row) for row in found if not str(row[1]).startswith((".inner.", ".inner_id.", ".tmp."))]


def _relation(row: Sequence[object]) -> Relation:
    database, name, engine, comment, count, size, sql, changed = row
    return Relation(
        str(database),
        str(name),
        str(engine),
        str(comment) if comment else None,
        int(str(count)) if count is not None else None,
        int(str(size)) if size is not None else None,
        str(sql) if sql else None,
        str(changed),
    )


def columns(door: Door, names: Sequence[str], table: str | None = None) -> dict[tuple[str, str], list[Column]]:
    """The columns of every relation of the databases by database and name, or of the one that is named."""
    found: dict[tuple[str, str], list[Column]] = {}
    if not names:
        return found
    sql = _COLUMNS.format(databases=listed(list(names)))
    if table is not None:
        sql = sql.replace("ORDER BY", f"AND table = {literal(table)} ORDER BY")
    for database, relation, name, _, type_, comment, in_key, default in rows(door, sql):
        if default != "EPHEMERAL":
            column = Column(name, type_, comment or None, bool(in_key), default)
            found.setdefault((database, relation), []).append(column)
    return found


def states(door: Door, names: Sequence[str]) -> dict[tuple[str, str], State] | None:
    """The parts of every MergeTree table of the databases, together; None when the account may not see any."""
    if not names:
        return {}
    sql = _PARTS.format(databases=listed(list(names)), deleted=deleted(door))
    found = parts(door, sql)
    if found is None:
        return None
    return {
        (database, table): State(int(parts), int(count), f"{parts}-{count}-{token}", str(at), bool(masked))
        for database, table, parts, count, token, at, masked in found
    }


def deleted(door: Door) -> str:
    """The column of ``system.parts`` that tells whether rows were deleted that a part still counts; 0 where the server
    does not tell it.
    """
    ((known,),) = rows(door, _HAS_DELETED)
    return "has_lightweight_delete" if known else "0"


def parts(door: Door, sql: str) -> list[Sequence[Any]] | None:
    """What a query of ``system.parts`` answers; None where the account may not read it, which servers ask for apart
    (``select_from_system_db_requires_grant``, as they are delivered).
    """
    try:
        return list(rows(door, sql))
    except ClickhouseError as error:
        if error.code != DENIED:
            raise
    return None


def find(door: Door, dataset: str) -> list[Relation]:
    """Where a dataset of this name is: nowhere, in one place, or in several when dots in names make it ambiguous."""
    parts = dataset.split(".")
    pairs = [(".".join(parts[:at]), ".".join(parts[at:])) for at in range(1, len(parts))]
    wanted = ", ".join(f"({literal(database)}, {literal(name)})" for database, name in pairs)
    if not wanted:
        return []
    sql = (
        "SELECT database, name, engine, comment, total_rows, total_bytes, create_table_query, '' FROM system.tables"
        f" WHERE database IN ({listed([database for database, _ in pairs])}) AND (database, name) IN ({wanted})"
    )
    return [_relation(row) for row in rows(door, sql)]
