"""What fills a dictionary of ClickHouse, as an INSERT: its own statement names a table in its source."""

from __future__ import annotations

import re
from collections.abc import Sequence

from datagov.connectors._clickhouse_words import plain, quote

_SOURCE = re.compile(r"\bSOURCE\(CLICKHOUSE\((?P<said>(?:[^()']|'(?:[^'\\]|\\.)*'|\([^()]*\))*)\)\)", re.IGNORECASE)
_ITEM = re.compile(r"\b(?P<key>DB|TABLE|QUERY|HOST)\s+(?P<value>'(?:[^'\\]|\\.)*'|[\w`]+)", re.IGNORECASE)
_HERE = ("", "localhost", "127.0.0.1", "::1")


def filling(sql: str, *, database: str, name: str, columns: Sequence[str]) -> str | None:
    """The statement that a reload of the dictionary amounts to; None when its rows come from elsewhere.

    >>> made = "CREATE DICTIONARY s.d (`id` UInt64) PRIMARY KEY id SOURCE(CLICKHOUSE(DB 'x' TABLE 't')) LAYOUT(FLAT())"
    >>> filling(made, database="s", name="d", columns=["id"])
    'INSERT INTO `s`.`d` (`id`) SELECT `id` FROM `x`.`t`'
    """
    found = _SOURCE.search(sql)
    if found is None or not columns:
        return None
    said = {item["key"].upper(): plain(item["value"]) for item in _ITEM.finditer(found["said"])}
    if said.get("HOST", "") not in _HERE:
        return None
    listed = ", ".join(quote(column) for column in columns)
    into = f"INSERT INTO {quote(database)}.{quote(name)} ({listed})"
    if query := said.get("QUERY"):
        return f"{into} {query}"
    if table := said.get("TABLE"):
        return f"{into} SELECT {listed} FROM {quote(said.get('DB') or database)}.{quote(table)}"
    return None
