"""``USE``: the catalog and the schema that unqualified names mean from here on."""

from __future__ import annotations

from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.catalog import Catalog
from datagov.lineage.words import dotted, upper

_SCHEMAS = frozenset({"hive", "spark", "spark2", "databricks", "trino", "presto", "athena", "clickhouse"})
"""Dialects in which ``USE a`` names a schema, and ``USE a.b`` a catalog and its schema."""
_DATABASES = frozenset({"snowflake"})
"""Dialects in which ``USE a`` names the database above the schemas."""
_CATALOG = frozenset({"CATALOG", "DATABASE"})
_SCHEMA = frozenset({"SCHEMA", "NAMESPACE", "DATABASE"})
_ELSE = frozenset({"ROLE", "WAREHOUSE", "SECONDARY"})


def use(tokens: list[Token], catalog: Catalog) -> None:
    """Take the defaults a USE statement sets."""
    speech = catalog.speech
    database = speech.name in _DATABASES
    if speech.name not in _SCHEMAS and not database:
        return
    word, position = upper(tokens, 1), 1
    named = len(tokens) > 2 and tokens[2].token_type is not TokenType.DOT
    if named and word in _ELSE:
        return
    if named and word in _CATALOG | _SCHEMA:
        database = word == "CATALOG" or (word == "DATABASE" and database)
        position = 2
    parts, _ = dotted(tokens, position)
    names = [speech.fold_table(part.text, quoted=part.token_type is TokenType.IDENTIFIER) for part in parts]
    if len(names) > 1:
        catalog.default_catalog, catalog.default_schema = names[-2:]
    elif database and names:
        catalog.default_catalog, catalog.default_schema = names[0], None
    elif names:
        catalog.default_schema = names[0]
    catalog.moved = True
