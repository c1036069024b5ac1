"""Tables that others have locked: they are said not to be examined, and all of them together take little time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from _mysql import admin
from _postgres import Server as PostgreSQL
from _postgres import psycopg
from _sources import datasets, harvested

from datagov.connectors import _postgres_partitions as partitions
from datagov.connectors.mysql import MysqlConnector
from datagov.connectors.postgres import PostgresConnector
from datagov.contracts import DataConnector, DatasetRef, Limits, Source
from datagov.engine import wire
from datagov.errors import SourceLockedError
from datagov.patience import of_source
from datagov.stages.detect import examine_datasets
from datagov.stages.examine import Work
from datagov.vocabulary import sentences

pytestmark = pytest.mark.server

MANY = 15
WAIT = 1.0
"""Seconds a lock is waited for; three of them are waited for to the end."""
AT_MOST = 3 * WAIT + 5
"""Seconds for all of them, on a busy machine; one after the other they would be 15 and more."""


@dataclass(frozen=True)
class Place:
    """A database with a few free tables and many that can be locked."""

    connector: Callable[[Source], DataConnector]
    source: Callable[..., Source]
    locked: Callable[[], Any]
    prefix: str


@contextmanager
def locked_in_postgresql(pg: PostgreSQL, schema: str, names: Sequence[str]) -> Iterator[None]:
    with psycopg.connect(pg.dsn()) as other:
        for name in names:
            other.execute(f"LOCK TABLE {schema}.{name} IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


@contextmanager
def locked_in_mariadb(database: str, names: Sequence[str]) -> Iterator[None]:
    with closing(admin(database)) as other, other.cursor() as cursor:
        cursor.execute(f"LOCK TABLES {', '.join(f'{name} WRITE' for name in names)}")
        yield
        cursor.execute("UNLOCK TABLES")


@pytest.fixture(params=["PostgreSQL", "MariaDB"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    names = [f"locked{n:02}" for n in range(MANY)]
    made = [f"CREATE TABLE {{}}.{name} (a int)" for name in (*names, "free", "zfree")]
    filled = [f"INSERT INTO {{}}.{name} VALUES (1), (2)" for name in (*names, "free", "zfree")]
    if request.param == "PostgreSQL":
        pg, schema = request.getfixturevalue("pg"), request.getfixturevalue("schema")
        pg.run(*(sql.format(schema) for sql in (*made, *filled)))
        pg.grant(schema)
        return Place(
            PostgresConnector,
            lambda: pg.source(tmp_path, schema, lock_seconds=WAIT),
            lambda: locked_in_postgresql(pg, schema, names),
            schema,
        )
    my, database = request.getfixturevalue("my"), request.getfixturevalue("database")
    my.run(*(sql.format(database) for sql in (*made, *filled)))
    return Place(
        MysqlConnector,
        lambda: my.source(tmp_path, database, lock_seconds=WAIT),
        lambda: locked_in_mariadb(database, names),
        database,
    )


def test_a_harvest_of_many_locked_tables_waits_for_three_of_them(place: Place) -> None:
    with place.locked():
        began = time.monotonic()
        facts = harvested(place.connector(place.source()))
        took = time.monotonic() - began
    counted = {row["name"].partition(".")[2]: row["row_count"] for row in facts["dataset"]}
    said = sorted(row["object"] for row in facts["problem"] if "is locked by another connection" in row["message"])

    assert 2 * WAIT < took < AT_MOST
    assert (counted["free"], counted["zfree"], counted["locked07"]) == (2, 2, None)
    assert said == [f"{place.prefix}.locked{n:02}" for n in range(MANY)]


def test_the_content_of_locked_tables_is_said_not_to_be_examined_and_that_of_others_is(place: Place) -> None:
    known: dict[str, DatasetRef] = datasets(place.connector(place.source()))
    works = [Work(one, {column_id: ("int", None) for column_id, _ in one.columns}) for one in known.values()]
    of_source.cache_clear()
    with place.locked():
        began = time.monotonic()
        packed = examine_datasets(place.source(), works, Limits(), 1)
        packed_again = examine_datasets(place.source(), works, Limits(), 1)
        took = time.monotonic() - began
    facts = [(name, row) for name, batch in wire.unpack(packed) for row in batch.to_pylist()]
    outcomes = {row["column_id"]: row for name, row in facts if name == "examination"}
    told = {name: outcomes[one.columns[0][0]] for name, one in known.items()}
    said = [row for name, row in facts if name == "problem"]

    assert 2 * WAIT < took < AT_MOST, "the second task of a worker waits no more"
    assert {name.partition(".")[2] for name, row in told.items() if row["outcome"] == "scanned"} == {"free", "zfree"}
    assert {row["outcome"] for row in outcomes.values()} == {"scanned", "unreadable"}
    assert all("locked" in row["reason"] for row in outcomes.values() if row["outcome"] == "unreadable")
    assert len(said) == MANY
    assert all(row["fatal"] and "was not examined" in row["message"] for row in said)
    assert packed_again == packed
    of_source.cache_clear()


def test_a_lock_that_comes_free_in_time_is_waited_for(place: Place) -> None:
    source = place.source()
    connector = place.connector(source)
    dataset = datasets(connector)[f"{place.prefix}.locked00"]
    with place.locked(), pytest.raises(SourceLockedError, match="run again later, or raise 'lock_seconds'"):
        connector.plan(dataset, rows=10, seed=1)

    assert not source.patience.lost
    (split,) = connector.plan(dataset, rows=10, seed=1)
    assert sum(batch.num_rows for batch in connector.read(split)) == 2


def test_a_sample_of_partitions_takes_no_lock_that_keeps_others_from_their_work(
    pg: PostgreSQL, schema: str, tmp_path: Path
) -> None:
    pg.run(
        f"CREATE TABLE {schema}.p (a int PRIMARY KEY) PARTITION BY RANGE (a)",
        *(
            f"CREATE TABLE {schema}.p{n} PARTITION OF {schema}.p FOR VALUES FROM ({n}000) TO ({n}999)"
            for n in range(1, 6)
        ),
        f"INSERT INTO {schema}.p SELECT n FROM generate_series(1000, 5998) n WHERE n % 1000 < 999",
    )
    pg.grant(schema)
    connector = PostgresConnector(pg.source(tmp_path, schema, lock_seconds=WAIT))
    dataset = datasets(connector)[f"{schema}.p"]
    (sql, _) = connector.queries(dataset, rows=100, seed=1)[-1]
    with psycopg.connect(pg.dsn()) as writer, psycopg.connect(pg.dsn(pg.reader)) as reader:
        writer.execute(f"DELETE FROM {schema}.p WHERE a < 1010")
        rows = reader.execute(sql).fetchall()
        held = reader.execute(
            "SELECT c.relkind::text, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
            f" WHERE l.pid = pg_backend_pid() AND c.relnamespace = '{schema}'::regnamespace"
        ).fetchall()
        read = [
            batch.num_rows for split in connector.plan(dataset, rows=100, seed=1) for batch in connector.read(split)
        ]
        left = writer.execute(
            "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE a.application_name = 'datagov'"
        ).fetchone()
        writer.rollback()
        reader.rollback()

    assert len(rows) == sum(read) == 100
    assert {mode for _, mode in held} == {"AccessShareLock"}, "the weakest there is"
    assert sorted(kind for kind, _ in held) == ["i", "i", "i", "i", "i", "p", "r", "r", "r", "r", "r"]
    assert left == (0,), "nothing is held when the sample has come"


def partitioned(pg: PostgreSQL, schema: str, *, by: str, rows: int = 3_000) -> None:
    """A table ``p`` of three partitions; rows of p1 hold 1, those of p2 hold 2 and so on, where it is cut by ``n``."""
    bounds = {
        "LIST (n)": [f"IN ({n})" for n in (1, 2, 3)],
        "RANGE (n)": [f"FROM ({n}) TO ({n + 1})" for n in (1, 2, 3)],
        "HASH (id)": [f"WITH (MODULUS 3, REMAINDER {n})" for n in (0, 1, 2)],
    }[by]
    pg.run(
        f"CREATE TABLE {schema}.p (id int, n int, pad text) PARTITION BY {by}",
        f"CREATE TABLE {schema}.p1 (pad text, gone int, n int, id int)",
        f"ALTER TABLE {schema}.p1 DROP COLUMN gone",
        f"ALTER TABLE {schema}.p ATTACH PARTITION {schema}.p1 FOR VALUES {bounds[0]}",
        *(
            f"CREATE TABLE {schema}.p{n} PARTITION OF {schema}.p FOR VALUES {bound}"
            for n, bound in enumerate(bounds[1:], start=2)
        ),
        f"INSERT INTO {schema}.p SELECT i, 1 + i % 3, repeat('x', 200) FROM generate_series(1, {rows}) i",
        f"ANALYZE {schema}.p",
    )


def examined(source: Source, dataset: DatasetRef) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The examinations and problems of a dataset, whose rows the harvest could not count."""
    of_source.cache_clear()
    work = Work(DatasetRef(1, dataset.name, dataset.columns), {one: ("int", None) for one, _ in dataset.columns})
    facts = list(wire.unpack(examine_datasets(source, [work], Limits(), 1)))
    of_source.cache_clear()
    told = {name: [row for one, batch in facts if one == name for row in batch.to_pylist()] for name, _ in facts}
    return told["examination"], told.get("problem", [])


@pytest.mark.parametrize("rows", [3_000, 60_000], ids=["read whole", "sampled"])
@pytest.mark.parametrize("by", ["LIST (n)", "RANGE (n)", "HASH (id)"])
def test_of_a_table_with_a_locked_partition_the_others_are_read_and_nothing_is_stated_of_it(
    pg: PostgreSQL, schema: str, tmp_path: Path, by: str, rows: int
) -> None:
    partitioned(pg, schema, by=by, rows=rows)
    pg.grant(schema)
    source = pg.source(tmp_path, schema, lock_seconds=0.2)
    connector = PostgresConnector(source)
    dataset = datasets(connector)[f"{schema}.p"]
    (free,) = pg.rows(f"SELECT array_agg(id) FROM {schema}.p WHERE tableoid <> '{schema}.p2'::regclass")
    with locked_in_postgresql(pg, schema, ["p2"]):
        splits = connector.plan(dataset, rows=2_500, seed=1)
        read = [row for split in splits for batch in connector.read(split) for row in batch.to_pylist()]
        again = [row for split in splits for batch in connector.read(split) for row in batch.to_pylist()]
        outcomes, problems = examined(source, dataset)
    (key, *_), _ = zip(*dataset.columns, strict=True)
    ids = {row[str(key)] for row in read}

    assert [bool(split.detail.get("blocks")) for split in splits] == [rows > 3_000]
    assert len(ids) == len(read)
    assert len(read) == (2_500 if rows > 3_000 else len(free[0]))
    assert ids <= set(free[0])
    assert read == again
    assert {row["outcome"] for row in outcomes} == {"sampled"}
    assert {row["excludable_prevalence"] for row in outcomes} == {None}
    lacking = "The partitions that are locked by another connection did not come: 1 of 3; run again later."
    assert all(lacking in row["reason"] for row in outcomes)
    (problem,) = problems
    assert (problem["kind"], problem["fatal"]) == ("lacking", True)
    assert problem["message"] == f"Not every row of {schema}.p was examined. {lacking}"
    assert "3 个分区中的 1 个" in sentences.text(problem["message"]).zh


def test_partitions_that_show_what_their_table_would_not_are_not_read_by_themselves(
    pg: PostgreSQL, schema: str, tmp_path: Path
) -> None:
    partitioned(pg, schema, by="LIST (n)")
    pg.run(f"GRANT USAGE ON SCHEMA {schema} TO {pg.reader}", f"GRANT SELECT ON {schema}.p TO {pg.reader}")
    source = pg.source(tmp_path, schema, lock_seconds=0.2)
    connector = PostgresConnector(source)
    dataset = datasets(connector)[f"{schema}.p"]

    with locked_in_postgresql(pg, schema, ["p2"]), pytest.raises(SourceLockedError):
        connector.plan(dataset, rows=100, seed=1)

    pg.run(f"GRANT SELECT ON {schema}.p1, {schema}.p2 TO {pg.reader}")
    with locked_in_postgresql(pg, schema, ["p2"]):
        (split,) = connector.plan(dataset, rows=2_000, seed=1)
        (_, n, *_) = dataset.columns
        assert {row[str(n[0])] for batch in connector.read(split) for row in batch.to_pylist()} == {1}
        _, (problem,) = examined(source, dataset)
        assert problem["message"].endswith("did not come: 1 of 3; GRANT SELECT on them to this account.")

    pg.run(f"ALTER TABLE {schema}.p ENABLE ROW LEVEL SECURITY")
    with locked_in_postgresql(pg, schema, ["p2"]), pytest.raises(SourceLockedError):
        connector.plan(dataset, rows=100, seed=1)


def test_a_partition_that_is_dropped_meanwhile_is_not_read(pg: PostgreSQL, schema: str) -> None:
    partitioned(pg, schema, by="LIST (n)")
    pg.grant(schema)

    class Meanwhile(psycopg.Connection[Any]):
        """A connection after whose first query somebody drops a partition."""

        asked = False

        def execute(self, *query: Any, **options: Any) -> Any:
            answer = super().execute(*query, **options)
            if not self.asked:
                self.asked = True
                pg.run(f"DROP TABLE {schema}.p3")
            return answer

    with Meanwhile.connect(pg.dsn(pg.reader), autocommit=True) as connection, psycopg.connect(pg.dsn()) as other:
        other.execute(f"LOCK TABLE ONLY {schema}.p2 IN ACCESS EXCLUSIVE MODE")
        found = partitions.readable(connection, f"{schema}.p")
        other.rollback()

    assert found is not None
    assert found.place.parts == ((schema, "p1"),)
