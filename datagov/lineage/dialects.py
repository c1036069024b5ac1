"""Per dialect: the tokenizer and parser to use, how identifiers fold, and which habits of SELECT apply.

Rules of identifier case follow the vendors' manuals: PostgreSQL folds unquoted names to lower case,
Snowflake and Oracle to upper case (shown here in lower case), SQL Server, MySQL columns, BigQuery columns,
Spark, Hive, Trino, DuckDB and SQLite compare without case, ClickHouse with it.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ErrorLevel
from sqlglot.tokenizer_core import Token
from sqlglot.tokens import Tokenizer

from datagov.errors import UsageError
from datagov.lineage.phrases import hash_names

_HASHED = frozenset({"tsql", "fabric"})
_EXACT_COLUMNS = frozenset({"clickhouse"})
_EXACT_TABLES = frozenset({"clickhouse", "mysql", "bigquery", "doris", "starrocks"})
_QUOTED_EXACT = frozenset({"postgres", "materialize", "risingwave", "teradata", ""})
_UPPER = frozenset({"snowflake", "oracle", "exasol"})
_LATERAL_ALIAS = frozenset(
    {
        "snowflake",
        "redshift",
        "databricks",
        "spark",
        "duckdb",
        "clickhouse",
        "teradata",
        "athena",
        "fabric",
        "",
    }
)
_RECURSION_WITHOUT_WORD = frozenset({"tsql", "oracle", "snowflake", "teradata", "fabric"})
NAMES = {
    "postgresql": "postgres",
    "mssql": "tsql",
    "sqlserver": "tsql",
    "mariadb": "mysql",
    "sparksql": "spark",
    "generic": "",
    "ansi": "",
    "db2": "",
    **dict.fromkeys(("greenplum", "vertica", "netezza", "cockroachdb", "yugabytedb", "alloydb"), "postgres"),
    **dict.fromkeys(("tidb", "memsql"), "mysql"),
    "impala": "hive",
    "synapse": "tsql",
}
"""What a database of another name is read as: the dialect its SQL comes from."""


def _never(record: logging.LogRecord) -> bool:
    """The parser's log lines quote the SQL, literals included; none may reach a log."""
    return False


logging.getLogger("sqlglot").addFilter(_never)


class _Tools(threading.local):
    """A tokenizer and a parser for each thread: making them anew costs as much as a short statement."""

    def __init__(self, dialect: Dialect, tokenizer: type[Tokenizer]) -> None:
        self.tokenizer = tokenizer(dialect=dialect)
        self.parser: Any = dialect.parser(error_level=ErrorLevel.IMMEDIATE)


@dataclass(frozen=True, slots=True)
class Speech:
    """One dialect as lineage needs it."""

    name: str
    dialect: Dialect
    tokenizer: type[Tokenizer]
    exact_tables: bool
    exact_columns: bool
    keeps_quoted: bool
    upper: bool
    lateral_alias: bool
    recursion_without_word: bool
    _tools: _Tools = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_tools", _Tools(self.dialect, self.tokenizer))

    def tokens(self, sql: str) -> list[Token]:
        """All tokens of a script, also those of statements the parser would swallow as commands."""
        tokenizer = self._tools.tokenizer
        try:
            tokens = tokenizer.tokenize(sql)
        finally:
            tokenizer.tokenize("")
        return hash_names(tokens) if "#" in sql and self.name in _HASHED else tokens

    def parse(self, tokens: list[Token], sql: str) -> list[exp.Expr | None]:
        """The trees of already separated tokens; raises sqlglot's errors."""
        parser = self._tools.parser
        try:
            return list(parser.parse(tokens, sql))
        finally:
            parser.reset()

    def fold(self, name: str, *, quoted: bool) -> str:
        """A column, alias or CTE name as it is compared and shown."""
        if self.exact_columns:
            return name
        if quoted:
            if self.keeps_quoted:
                return name
            if self.upper:
                return name.lower() if name == name.upper() else name
        return name.lower()

    def fold_table(self, name: str, *, quoted: bool) -> str:
        """A part of a table's name as it is compared and shown."""
        return name if self.exact_tables else self.fold(name, quoted=quoted)


@lru_cache(maxsize=64)
def speech(name: str) -> Speech:
    """The dialect called ``name``; raises UsageError with the known names when there is none."""
    key = NAMES.get(name.strip().lower(), name.strip().lower())
    found: Any = Dialect.get(key) if "," not in key else None
    if found is None:
        known = ", ".join(sorted(d for d in Dialect.classes if d))
        raise UsageError(f"Lineage knows no SQL dialect called {name!r}. Known: {known}.")
    dialect: Dialect = found()
    base = dialect.tokenizer_class
    tokenizer = type("PlainTokenizer", (base,), {"COMMANDS": set()})
    return Speech(
        name=key,
        dialect=dialect,
        tokenizer=tokenizer,
        exact_tables=key in _EXACT_TABLES,
        exact_columns=key in _EXACT_COLUMNS,
        keeps_quoted=key in _QUOTED_EXACT,
        upper=key in _UPPER,
        lateral_alias=key in _LATERAL_ALIAS,
        recursion_without_word=key in _RECURSION_WITHOUT_WORD,
    )


def fold_name(name: str, *, dialect: str, quoted: bool = True) -> str:
    """How a column name of a catalog (``quoted=True``) or of SQL text appears in a trace of this dialect.

    >>> fold_name("EMAIL", dialect="snowflake"), fold_name("Email", dialect="postgres")
    ('email', 'Email')
    """
    return speech(dialect).fold(name, quoted=quoted)
