"""Whether a text begins as SQL does, and the dialect that names of operators, connections and URLs tell."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
"""A word in the name of an operator, hook or connection, in lower case, and the dialect it speaks."""
_TOKEN = re.compile(r"[A-Za-z]+")
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_MOST_HUMPS = 50
_KNOWN = re.compile(
    rf"(?:py|aws)?({'|'.join(word for word, _ in _DIALECTS)})"
    r"(?:ql|sql|db|conn|connect|connection|connector|engine|client|cursor|hook|session|server|cli)?"
)
"""A word with what drivers and variables put around it."""


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
    >>> dialect_of("archive_db"), dialect_of("hive_cli_default")
    (None, 'hive')
    """
    words = {word for token in _TOKEN.findall(name or "") for word in _words(token)}
    return next((dialect for word, dialect in _DIALECTS if word in words), None)


def _words(token: str) -> Iterator[str]:
    """The words of ``_DIALECTS`` that a run of letters is made of, one hump or up to three together.

    >>> list(_words("BigQueryHook"))
    ['bigquery', 'bigquery']
    """
    humps = [hump.lower() for hump in _HUMP.findall(token)][:_MOST_HUMPS]
    for start in range(len(humps)):
        for end in range(start + 1, min(start + 4, len(humps) + 1)):
            if found := _KNOWN.fullmatch("".join(humps[start:end])):
                yield found.group(1)
