"""SQL that samples a PostgreSQL relation: random blocks thinned to random rows, or a scan ordered by a keyed hash.

``TABLESAMPLE SYSTEM`` reads a share of the blocks only. Ordering their rows by a hash of their place and the seed and
keeping the first few spreads the sample over every block drawn and makes it repeatable. Views and foreign tables have
no blocks: they are scanned once and ordered by a hash of the row's position.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b

from datagov.connectors._arrow import FETCH_BYTES
from datagov.connectors._postgres_catalog import Place

SPLIT_ROWS = 50_000
"""About how many rows a split of a large table has that is read whole."""

_ROWS_PER_BLOCK = 5
"""Rows wanted of each block drawn, so that one block's likeness does not colour the sample."""

_AS_IT_IS = frozenset({"bool", "int2", "int4", "int8", "float4", "float8"})
_TEXT = frozenset({"text", "varchar", "bpchar", "name"})

_BLOCK = "hashtextextended(concat(d.tableoid, ' ', split_part(d.ctid::text, ',', 1)), 0)"
"""A number for the block of a row: rows of one block may be alike, so it is counted how many came of each."""

WITH_BLOCKS = "rpm"
"""``relkind`` of what ``TABLESAMPLE`` works on: tables, partitioned tables, materialized views."""


def quote(name: str) -> str:
    """An identifier quoted for PostgreSQL; a quote inside it is doubled."""
    return '"' + name.replace('"', '""') + '"'


def qualified(place: Place) -> str:
    """Schema and name, quoted."""
    return f"{quote(place.schema)}.{quote(place.name)}"


def count_up_to_sql(place: Place, rows: int) -> str:
    """The number of rows, or ``rows`` + 1 when there are more."""
    return f"SELECT count(*) FROM (SELECT FROM {_rows_of(place, ())} LIMIT {rows + 1}) AS d"


def full_sql(place: Place, columns: Sequence[str], types: Mapping[str, str]) -> str:
    """Every row."""
    return f"SELECT {_fetched(columns, types)} FROM {_rows_of(place, columns)}"


def split_sql(whole: str, place: Place, *, total: int) -> list[str]:
    """``whole``, a :func:`full_sql`, as queries over ranges of blocks of about SPLIT_ROWS rows each; together all rows
    of now: what is added in further blocks while they run is left out, so that no query grows.

    Such a range is looked up, not scanned for, since PostgreSQL 14.
    """
    step = max(1, place.blocks * SPLIT_ROWS // max(total, 1))
    starts = range(0, max(1, place.blocks), step)
    ends = [f" AND d.ctid < '({start},0)'" for start in (*starts[1:], starts[-1] + 2 * step)]
    return [f"{whole} WHERE d.ctid >= '({start},0)'{end}" for start, end in zip(starts, ends, strict=True)]


def sample_sql(
    place: Place, columns: Sequence[str], types: Mapping[str, str], *, rows: int, total: int | None, seed: int
) -> str:
    """About ``rows`` random rows; ``total`` is the number of rows where it is known. A number for the block of a row
    comes last where :func:`by_blocks` says that some blocks are left out.
    """
    key = seed_of(seed, place)
    if place.relkind not in WITH_BLOCKS:
        return _scanned(place, columns, types, rows=rows, key=key)
    percent = percent_of_blocks(place, rows=rows, total=total)
    block = f", {_BLOCK}" if by_blocks(place, rows=rows, total=total) else ""
    drawn = f" TABLESAMPLE SYSTEM ({percent:.6g}) REPEATABLE ({key % 2**31})"
    return (
        f"SELECT {_fetched(columns, types)}{block} FROM {_rows_of(place, columns, drawn)}"
        f" ORDER BY hashtextextended(concat(d.tableoid, d.ctid), {key}) LIMIT {rows}"
    )


def by_blocks(place: Place, *, rows: int, total: int | None) -> bool:
    """Whether a sample leaves blocks out."""
    return place.relkind in WITH_BLOCKS and percent_of_blocks(place, rows=rows, total=total) < 100


def percent_of_blocks(place: Place, *, rows: int, total: int | None) -> float:
    """The share of blocks to draw: enough for ``rows`` rows of few each, all of a small table.

    Without ``total`` and the server's estimate a block is taken to hold four rows, the fewest when long cells are
    stored apart; that draws too many blocks rather than too few.
    """
    blocks = max(1, place.blocks)
    per_block = max(1.0, (total / blocks) if total is not None else (place.rows_per_block or 4.0))
    wanted = max(rows / _ROWS_PER_BLOCK, 3 * rows / per_block) + 30
    return min(100.0, 100.0 * wanted / blocks)


def seed_of(seed: int, place: Place) -> int:
    """A signed 64-bit key of the run's seed and the dataset's name."""
    name = f"{seed}\0{place.schema}.{place.name}".encode("utf-8", "replace")
    return int.from_bytes(blake2b(name, digest_size=8).digest(), "big", signed=True)


def _scanned(place: Place, columns: Sequence[str], types: Mapping[str, str], *, rows: int, key: int) -> str:
    inner = ", ".join(f"v.{quote(name)} AS c{n}" for n, name in enumerate(columns))
    outer = ", ".join(_cell(f"d.c{n}", types.get(name, "")) for n, name in enumerate(columns))
    return (
        f"SELECT {outer} FROM (SELECT {inner}, row_number() OVER () AS n FROM {qualified(place)} AS v) AS d"
        f" ORDER BY hashint8extended(d.n, {key}) LIMIT {rows}"
    )


def _rows_of(place: Place, columns: Sequence[str], drawn: str = "") -> str:
    """The relation as ``d``, or those of its partitions that can be read; ``drawn`` chooses blocks of each alike."""
    if not place.parts:
        return f"{qualified(place)} AS d{drawn}"
    taken = ", ".join(["p.tableoid", "p.ctid", *(f"p.{quote(name)}" for name in columns)])
    parts = (f"SELECT {taken} FROM {quote(schema)}.{quote(name)} AS p{drawn}" for schema, name in place.parts)
    return f"({' UNION ALL '.join(parts)}) AS d"


def _fetched(columns: Sequence[str], types: Mapping[str, str]) -> str:
    return ", ".join(_cell(f"d.{quote(name)}", types.get(name, "")) for name in columns)


def _cell(name: str, base: str) -> str:
    """A column as it is read: numbers as they are, text and bytes cut, everything else as its text.

    Dates and numeric go as text because Arrow has no ``infinity``, no year before 1 and no unlimited precision.
    """
    if base in _AS_IT_IS:
        return name
    if base == "bytea":
        return f"substring({name} FROM 1 FOR {FETCH_BYTES})"
    return f"left({name if base in _TEXT else f'{name}::text'}, {FETCH_BYTES})"
