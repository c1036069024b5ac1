"""Whether a text begins as SQL does, and the dialect that names of operators, connections and URLs tell."""

from __future__ import annotations

import re

_SQL = re.compile(
    r"(?is)\s*+(?:--[^\n]*\n\s*+|/\*(?:[^*]|\*(?!/))*+\*/\s*+)*+"
    r"(select|with|insert|update|delete|merge|create|replace|drop|alter|truncate|copy|unload|call|exec|begin|grant|load)\b"
)
_DIALECTS: tuple[tuple[str, str], ...] = (
    ("postgres", "postgres"),
    ("redshift", "redshift"),
    ("mysql", "mysql"),
    ("mariadb", "mysql"),
    ("starrocks", "starrocks"),
    ("doris", "doris"),
    ("snowflake", "snowflake"),
    ("bigquery", "bigquery"),
    ("bq", "bigquery"),
    ("databricks", "databricks"),
    ("spark", "spark"),
    ("hive", "hive"),
    ("presto", "presto"),
    ("trino", "trino"),
    ("athena", "athena"),
    ("clickhouse", "clickhouse"),
    ("mssql", "tsql"),
    ("synapse", "tsql"),
    ("oracle", "oracle"),
    ("teradata", "teradata"),
    ("sqlite", "sqlite"),
    ("duckdb", "duckdb"),
    ("exasol", "exasol"),
    ("vertica", "postgres"),
)
"""A part of the name of an operator, hook or connection, in lower case, and the dialect it speaks."""


def begins_sql(text: str) -> bool:
    """Whether a text begins with a statement, comments left out.

    >>> begins_sql("-- all of them\\nselect 1"), begins_sql("selection")
    (True, False)
    """
    return bool(_SQL.match(text))


def dialect_of(name: str | None) -> str | None:
    """sqlglot's name of the dialect that a word in a name tells, or None.

    >>> dialect_of("MariaDbHook"), dialect_of("core"), dialect_of("postgresql+psycopg")
    ('mysql', None, 'postgres')
    """
    lower = (name or "").lower()
    return next((dialect for word, dialect in _DIALECTS if word in lower), None)
