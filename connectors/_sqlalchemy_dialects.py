"""What differs between the databases SQLAlchemy speaks to: sampling, read-only sessions, deadlines, names.

What is said here of PostgreSQL, MariaDB and SQLite was run; the rest is from the manuals and was not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import URL


@dataclass(frozen=True, slots=True)
class Traits:
    """Of one database: ``sqlglot`` is its dialect in lineage, ``port`` its usual port.

    ``rows`` and ``blocks`` are what follows a table's name to draw a share of its rows or blocks; places are
    ``{percent}`` and ``{seed}``. ``session`` are statements that make a session read-only and end long statements;
    places are ``{seconds}`` and ``{milliseconds}``. ``transaction`` is said at the start of each.
    """

    sqlglot: str
    namespace: str
    port: int | None = None
    rows: str | None = None
    blocks: str | None = None
    session: Sequence[str] = ()
    transaction: str | None = None
    system: Sequence[str] = ("information_schema",)
    text_times: bool = False
    """Whether times are cast to text inside the source, because its driver has no ``infinity``."""

    @property
    def samples(self) -> bool:
        """Whether the database can draw rows itself."""
        return bool(self.rows or self.blocks)


_POSTGRES_SESSION = (
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    "SET statement_timeout = {milliseconds}",
    "SET lock_timeout = '5s'",
    "SELECT set_config('row_security', 'off', false) FROM pg_settings WHERE name = 'row_security'",
    "SET TIME ZONE 'UTC'",
)
"""With ``row_security`` off a query that a policy would filter fails instead of giving fewer rows."""
_MYSQL_SESSION = (
    "SET SESSION TRANSACTION READ ONLY",
    "SET SESSION time_zone = '+00:00'",
    "SET SESSION lock_wait_timeout = 5",
)

TRAITS = {
    "sqlite": Traits("sqlite", "sqlite", session=("PRAGMA query_only = ON", "PRAGMA trusted_schema = OFF")),
    "postgresql": Traits(
        "postgres",
        "postgres",
        5432,
        rows="TABLESAMPLE BERNOULLI ({percent}) REPEATABLE ({seed})",
        blocks="TABLESAMPLE SYSTEM ({percent}) REPEATABLE ({seed})",
        session=_POSTGRES_SESSION,
        system=("information_schema", "pg_catalog"),
        text_times=True,
    ),
    "mysql": Traits(
        "mysql",
        "mysql",
        3306,
        session=(*_MYSQL_SESSION, "SET SESSION max_execution_time = {milliseconds}"),
        system=("information_schema", "performance_schema", "mysql", "sys"),
    ),
    "mariadb": Traits(
        "mysql",
        "mysql",
        3306,
        session=(*_MYSQL_SESSION, "SET SESSION max_statement_time = {seconds}"),
        system=("information_schema", "performance_schema", "mysql", "sys"),
    ),
    "redshift": Traits(
        "redshift",
        "redshift",
        5439,
        session=("SET statement_timeout TO {milliseconds}",),
        system=("information_schema", "pg_catalog", "pg_internal", "pg_automv"),
        text_times=True,
    ),
    "oracle": Traits(
        "oracle",
        "oracle",
        1521,
        rows="SAMPLE ({percent}) SEED ({seed})",
        blocks="SAMPLE BLOCK ({percent}) SEED ({seed})",
        transaction="SET TRANSACTION READ ONLY",
        system=("sys", "system", "xdb", "ctxsys", "mdsys", "wmsys", "dbsnmp", "outln", "audsys", "ordsys", "lbacsys"),
    ),
    "mssql": Traits(
        "tsql",
        "mssql",
        1433,
        blocks="TABLESAMPLE ({percent} PERCENT) REPEATABLE ({seed})",
        session=("SET LOCK_TIMEOUT {milliseconds}",),
        system=("information_schema", "sys", "guest", "db_owner", "db_accessadmin", "db_securityadmin", "db_ddladmin",
                "db_backupoperator", "db_datareader", "db_datawriter", "db_denydatareader", "db_denydatawriter"),
    ),
    "snowflake": Traits(
        "snowflake",
        "snowflake",
        rows="SAMPLE ROW ({percent}) SEED ({seed})",
        blocks="SAMPLE BLOCK ({percent}) SEED ({seed})",
        session=("ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = {seconds}",),
    ),
    "bigquery": Traits("bigquery", "bigquery", blocks="TABLESAMPLE SYSTEM ({percent} PERCENT)"),
    "trino": Traits(
        "trino",
        "trino",
        8080,
        rows="TABLESAMPLE BERNOULLI ({percent})",
        blocks="TABLESAMPLE SYSTEM ({percent})",
        session=("SET SESSION query_max_run_time = '{seconds}s'",),
    ),
    "databricks": Traits(
        "databricks",
        "databricks",
        rows="TABLESAMPLE ({percent} PERCENT) REPEATABLE ({seed})",
        session=("SET STATEMENT_TIMEOUT = {seconds}",),
    ),
    "ibm_db_sa": Traits(
        "postgres",
        "db2",
        50000,
        rows="TABLESAMPLE BERNOULLI ({percent}) REPEATABLE ({seed})",
        blocks="TABLESAMPLE SYSTEM ({percent}) REPEATABLE ({seed})",
        system=("syscat", "sysibm", "sysstat", "sysfun", "sysproc", "systools", "sysibmadm", "syspublic"),
    ),
    "clickhouse": Traits("clickhouse", "clickhouse", 8123, system=("information_schema", "system")),
}  # fmt: skip

_UNKNOWN = Traits("postgres", "", system=("information_schema",))


def traits(name: str) -> Traits:
    """What is known of the database SQLAlchemy calls ``name``; of another one nothing."""
    return TRAITS.get(name, _UNKNOWN)


def namespace(url: URL) -> str:
    """OpenLineage's namespace: ``scheme://host:port``, of Snowflake the account, of BigQuery its name alone.

    >>> from sqlalchemy import make_url
    >>> namespace(make_url("mssql+pyodbc://reader@db/shop")), namespace(make_url("snowflake://me@org-acc/db"))
    ('mssql://db:1433', 'snowflake://org-acc')
    """
    name = url.get_backend_name()
    known = traits(name)
    scheme = known.namespace or name
    if name == "bigquery":
        return scheme
    if name == "sqlite":
        path = (url.database or "").replace("\\", "/")
        return f"{scheme}://{path.rpartition('/')[2] if path.startswith('/') else path}"
    port = url.port or known.port
    return f"{scheme}://{url.host or 'localhost'}{f':{port}' if port else ''}"
