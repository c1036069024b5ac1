"""SQL that reads or samples a MySQL table: all rows, in parts of a key, those drawn by a key, or of the first ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from datagov.connectors._chance import seed_of
from datagov.connectors._mysql_catalog import Column, Key, Relation, qualified, quote
from datagov.connectors._mysql_cells import cell, fetched
from datagov.connectors._mysql_draw import Drawn, key_cell
from datagov.connectors._mysql_strata import cut

SPLIT_ROWS = 50_000
"""About how many rows a split of a large table has that is read whole."""

SCAN_ROWS = 200_000
"""Rows of a view, or of a table without a usable key, that a sample is drawn from: the first ones the server gives."""

_SCAN_BYTES = 256 << 20


def count_up_to_sql(relation: Relation, rows: int) -> str:
    """The number of rows, or ``rows`` + 1 when there are more."""
    return f"SELECT COUNT(*) FROM (SELECT 1 FROM {qualified(relation)} LIMIT {rows + 1}) AS d"


def full_sql(relation: Relation, columns: Sequence[str], known: Mapping[str, Column]) -> str:
    """Every row."""
    return f"SELECT {fetched(columns, known)} FROM {qualified(relation)} AS d"


def split_sql(connection: Any, whole: str, relation: Relation, key: Key, *, total: int) -> list[str]:
    """``whole`` as queries over ranges of the key of about SPLIT_ROWS rows each; together all rows."""
    strata = cut(connection, relation, key, most_rows=SPLIT_ROWS, total=total)
    starts = [stratum.low for stratum in strata][1:]
    name = f"d.{quote(key.column.name)}"
    lows = ["", *(f"{name} >= {start}" for start in starts)]
    highs = [*(f"{name} < {start}" for start in starts), ""]
    pairs = (" AND ".join(one for one in pair if one) for pair in zip(lows, highs, strict=True))
    return [f"{whole} WHERE {pair}" if pair else whole for pair in pairs]


def scanned_rows(relation: Relation, *, rows: int) -> int:
    """How many of the first rows a sample is drawn from: SCAN_ROWS, fewer of wide ones, at least ``rows``.

    The server keeps them in a temporary table.
    """
    width = (relation.size or 0) // max(1, relation.rows or 1)
    return max(rows, min(SCAN_ROWS, _SCAN_BYTES // max(width, 1)))


def scan_sql(relation: Relation, columns: Sequence[str], known: Mapping[str, Column], *, rows: int, seed: int) -> str:
    """Random rows of the first ones of a view or of a table without a key, cells cut before they are kept."""
    inner = ", ".join(f"{cell(f'v.{quote(name)}', known.get(name))} AS c{n}" for n, name in enumerate(columns))
    outer = ", ".join(f"d.c{n}" for n in range(len(columns)))
    draw = seed_of(seed, relation.dataset) % 2**31
    first = scanned_rows(relation, rows=rows)
    return (
        f"SELECT {outer} FROM (SELECT {inner} FROM {qualified(relation)} AS v LIMIT {first}) AS d"
        f" ORDER BY RAND({draw}) LIMIT {rows}"
    )


def sample_sql(
    relation: Relation,
    columns: Sequence[str],
    known: Mapping[str, Column],
    key: Key,
    drawn: Drawn,
    *,
    rows: int,
    seed: int,
) -> str:
    """The rows drawn; of more than ``rows`` those with the lowest keyed hash. Where they are drawn by ranges the key
    comes last, or its first digits.
    """
    name = f"d.{quote(key.column.name)}"
    more = f", {key_cell(name, key.column.base)}" if drawn.starts else ""
    return (
        f"SELECT {fetched(columns, known)}{more} FROM {qualified(relation)} AS d"
        f" FORCE INDEX ({quote(key.index)}) WHERE {drawn.where}"
        f" ORDER BY MD5(CONCAT('{seed_of(seed, relation.dataset)}:', {name})), {name} LIMIT {rows}"
    )
