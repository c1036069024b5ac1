"""Connectors beside SQLAlchemy: harvesting many tables, pulling rows into Arrow, and drawing a sample.

    python benchmarks/connectors.py                                   all of it, as Markdown
    python benchmarks/connectors.py --tables 10000 --rows 2000000     the sizes of the page
    python benchmarks/connectors.py --only postgres

Needs a PostgreSQL and a MariaDB server, found as the tests find them (DATAGOV_TEST_POSTGRES, DATAGOV_TEST_MYSQL); the
databases made for it are dropped at the end. SQLAlchemy's Inspector is asked for some of the tables and its time
scaled to all of them, because it would take too long; its rows are fetched from the same table. Times are wall times.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import postgres_adbc
from apart import Measured, apart

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "connectors"))

COLUMNS = (
    "id bigint PRIMARY KEY, name varchar(40), mobile varchar(20), email varchar(60), city varchar(20), born date,"
    " balance decimal(12,2), opened timestamp NULL, score double precision, note text, a int, b int, c varchar(10),"
    " d varchar(10), e smallint"
)
ROW = (
    "{n}, concat('name ', {n}), concat('1380', {n}), concat('u', {n}, '@example.org'), 'city', '1990-01-01', {n} * 1.5,"
    " '2026-01-01 00:00:00', {n} / 3.0, 'a note of some words', 1, 2, 'c', 'd', 3"
)
INSPECTED = 100
SAMPLE = 2_000
SAMPLES = 7


@dataclass(frozen=True)
class Place:
    """A database of our own: how to run statements in it, a source over it, and SQLAlchemy's way to it."""

    run: Callable[..., None]
    source: Any
    connector: Callable[[Any], Any]
    engine: Any
    schema: str
    uri: str | None
    """How ADBC reaches the database, where it can."""
    numbers: str
    """A query of the numbers 1 to {rows}."""
    blocks: Callable[[], int]
    """Blocks of the table ``big`` that were touched so far: of MariaDB, those that came into its buffer pool."""
    size: Callable[[], int]
    """How many it has."""


@contextmanager
def postgres() -> Iterator[Place]:
    import sqlalchemy as sa
    from _postgres import server

    from datagov.connectors.postgres import PostgresConnector

    with server() as pg:
        pg.run("CREATE SCHEMA many")
        database = sa.make_url("postgresql+psycopg://").set(database=pg.database, username="postgres", host="127.0.0.1")
        yield Place(
            run=lambda *statements: (pg.run(*statements), pg.grant("many"))[0],
            source=pg.source(Path(tempfile.mkdtemp()), "many"),
            connector=PostgresConnector,
            engine=sa.create_engine(database),
            schema="many",
            uri=f"postgresql://postgres@127.0.0.1/{pg.database}",
            numbers="SELECT n FROM generate_series(1, {rows}) AS n",
            blocks=lambda: int(
                pg.rows("SELECT heap_blks_read + heap_blks_hit FROM pg_statio_user_tables WHERE relname = 'big'")[0][0]
            ),
            size=lambda: int(pg.rows("SELECT pg_relation_size('many.big') / 8192")[0][0]),
        )


@contextmanager
def mysql() -> Iterator[Place]:
    import sqlalchemy as sa
    from _mysql import HOST, PORT, server

    from datagov.connectors.mysql import MysqlConnector

    with server() as my:
        folder = Path(tempfile.mkdtemp())
        name = my.database(folder)
        yield Place(
            run=lambda *statements: my.run(*statements, database=name),
            source=my.source(folder, name),
            connector=MysqlConnector,
            engine=sa.create_engine(f"mysql+pymysql://root@{HOST}:{PORT}/{name}"),
            schema=name,
            uri=None,
            numbers="SELECT seq FROM seq_1_to_{rows}",
            blocks=lambda: int(my.rows("SHOW GLOBAL STATUS LIKE 'Innodb_pages_read'")[0][1]),
            size=lambda: int(
                my.rows(
                    "SELECT DATA_LENGTH DIV 16384 FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s"
                    " AND TABLE_NAME = 'big'",
                    name,
                )[0][0]
            ),
        )


PLACES = {"postgres": postgres, "mysql": mysql}


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    result = work()
    return time.perf_counter() - begun, result


def harvest(place: Place, tables: int) -> Iterator[str]:
    made = [f"CREATE TABLE t{n} ({COLUMNS})" for n in range(tables)]
    prefix = ["SET search_path = many"] if place.schema == "many" else []
    for start in range(0, tables, 500):
        place.run(*(["; ".join([*prefix, *made[start : start + 500]])] if prefix else made[start : start + 500]))
    seconds, batches = timed(lambda: list(place.connector(place.source).harvest()))
    found = sum(batch.num_rows for name, batch in batches if name == "dataset")
    yield f"harvest of {found:,} tables of 15 columns | datagov | {seconds:.1f} s"
    import sqlalchemy as sa

    def inspect() -> None:
        inspector = sa.inspect(place.engine)
        for n in range(INSPECTED):
            inspector.get_columns(f"t{n}", schema=place.schema)
            inspector.get_pk_constraint(f"t{n}", schema=place.schema)
            inspector.get_table_comment(f"t{n}", schema=place.schema)

    seconds, _ = timed(inspect)
    yield f"the same | SQLAlchemy Inspector, {INSPECTED} tables scaled | {seconds / INSPECTED * tables:.0f} s"


def rows(place: Place, count: int) -> Iterator[str]:
    prefix = "many." if place.schema == "many" else ""
    numbers = place.numbers.format(rows=count)
    place.run(f"CREATE TABLE {prefix}big ({COLUMNS})")
    place.run(f"INSERT INTO {prefix}big SELECT {ROW.format(n='q.n' if prefix else 'q.seq')} FROM ({numbers}) AS q")
    place.run(f"ANALYZE {prefix}big" if prefix else "ANALYZE TABLE big")
    from _sources import datasets

    connector = place.connector(place.source)
    big = next(ref for name, ref in datasets(connector).items() if name.endswith(".big"))

    def read(limit: int, seed: int = 1) -> int:
        return sum(
            batch.num_rows for split in connector.plan(big, rows=limit, seed=seed) for batch in connector.read(split)
        )

    whole = apart(_whole, place.connector, place.source, big, count)
    yield f"{whole.result:,} rows of 15 columns into Arrow | datagov | {speed(whole)}"
    if place.uri:
        yield from _adbc(place.uri, connector, big, count)

    def fetch() -> None:
        import pyarrow as pa
        import sqlalchemy as sa

        table = sa.Table("big", sa.MetaData(), autoload_with=place.engine, schema=place.schema)
        with place.engine.connect().execution_options(stream_results=True) as connection:
            for part in connection.execute(sa.select(table)).partitions(8_192):
                pa.Table.from_pylist([dict(row._mapping) for row in part])

    seconds, _ = timed(fetch)
    yield f"the same | SQLAlchemy rows | {count / seconds / 1000:.0f} krow/s"
    before = place.blocks()
    taken = sorted(timed(lambda seed=seed: read(SAMPLE, seed)) for seed in range(SAMPLES))
    time.sleep(1.5)
    seconds, found = taken[SAMPLES // 2]
    touched = f"{(place.blocks() - before) // SAMPLES:,} of {place.size():,} blocks"
    yield f"a sample of {found:,} of {count:,} rows, median of {SAMPLES} | datagov | {seconds:.2f} s, {touched}"


def speed(one: Measured) -> str:
    return f"{one.result / one.seconds / 1000:.0f} krow/s, peak {one.peak_mb} MB"


def _whole(connector: Callable[[Any], Any], source: Any, dataset: Any, rows: int) -> int:
    """Every row of a dataset, as a worker reads it: one split after the other, each batch dropped once it came."""
    made = connector(source)
    return sum(batch.num_rows for split in made.plan(dataset, rows=rows, seed=1) for batch in made.read(split))


def _adbc(uri: str, connector: Any, dataset: Any, rows: int) -> Iterator[str]:
    """ADBC on the same table: its own types in one stream, and the casts that keep every value, split by split."""
    if not postgres_adbc.installed():
        yield f"the same | ADBC | {postgres_adbc.MISSING}"
        return
    yield f"the same, ADBC's types | ADBC | {speed(apart(postgres_adbc.read, uri, 'SELECT * FROM many.big'))}"
    queries = [split.detail["sql"] for split in connector.plan(dataset, rows=rows, seed=1)]
    yield f"the same, cast as datagov casts | ADBC | {speed(apart(postgres_adbc.read_all, uri, queries))}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=1_000)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--only", choices=sorted(PLACES))
    given = parser.parse_args()
    print(
        f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores\n\n| source | what | with | result |\n|---|---|---|---|"
    )
    for name, opened in PLACES.items():
        if given.only in (None, name):
            with opened() as place, contextlib.suppress(BrokenPipeError):
                for line in (*harvest(place, given.tables), *rows(place, given.rows)):
                    print(f"| {name} | {line} |", flush=True)


if __name__ == "__main__":
    main()
