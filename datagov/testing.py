"""The conformance suite of connectors: what every adapter promises, as tests a third party runs on its own.

Write a test class that inherits one of the two below and say how to build a source; pytest runs the promises::

    import pytest
    pytest.register_assert_rewrite("datagov.testing")
    from datagov.testing import DataConnectorConformance

    class TestMyDatabase(DataConnectorConformance):
        connector = MyConnector

        def build(self, folder, tables):
            ...  # create the tables with their rows
            return Source(1, "mine", "mydatabase", {"path": ...}, folder, "datagov.yaml", 1)

        def missing(self, folder):
            return Source(1, "mine", "mydatabase", {"path": "nowhere"}, folder, "datagov.yaml", 1)

Cells of the tables built are canaries: a failing assertion names the promise and the object, never a cell.
"""
# ruff: noqa: D102 - the names of the tests are the sentences that say what is promised

from __future__ import annotations

import math
import pickle
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa

from datagov import facts
from datagov.contracts import Connector, DataConnector, DatasetRef, Source, Split
from datagov.errors import ConfigError, DatagovError

CANARY = "kanarie"
"""Stands in every text cell; it must never stand in a fact, an error or a log."""

HOSTILE_NAMES: Sequence[str] = (
    "select",
    "Group",
    "with space",
    " leading",
    "客户信息表",
    "naïve café",
    'double"quote',
    "single'quote",
    "back`tick",
    "[bracket]",
    "a.b.c",
    "semi;colon",
    '"; DROP TABLE victim; --',
    "'); DELETE FROM victim; --",
    "percent%s",
    "per%(cent)s",
    "{brace}",
    "colon:name",
    "question?",
    "back\\slash",
    "new\nline",
    "tab\tname",
    "star*",
    "$dollar",
    "@at",
    "--dashes",
    "/*comment*/",
    "1number",
    "emoji😀",
    "שלום",
    "rowid",
    "x" * 63,
    "长" * 70,
)
"""Names of tables and columns that break an adapter which quotes badly."""

Cell = int | float | str | bytes | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table to build: its name without schema, its columns as (name, kind), its rows.

    A kind is ``integer`` (64 bits), ``float``, ``text`` or ``binary``; every column allows NULL and none is a key.
    """

    name: str
    columns: Sequence[tuple[str, str]]
    rows: Sequence[Sequence[Cell]]


VICTIM = Table("victim", [("id", "integer"), ("note", "text")], [(n, f"{CANARY}-{n}") for n in range(20)])
EMPTY = Table("empty", [("id", "integer"), ("note", "text")], [])
LONG = Table("long", [("n", "integer"), ("note", "text")], [(n, f"{CANARY}-{n}") for n in range(5_000)])
EXTREMES = Table(
    "extremes",
    [("i", "integer"), ("f", "float"), ("t", "text"), ("b", "binary")],
    [
        (None, None, None, None),
        (2**63 - 1, math.inf, f"{CANARY}-张三-😀", b"\x00\xff\xfe"),
        (-(2**63), -math.inf, "", b""),
        (0, math.nan, f"{CANARY}\nline\ttab'\"", bytes(range(256))),
        (1, 1e308, f"{CANARY}" * 1_000, b"\xe5\xbc"),
        (-1, 5e-324, " ", b"\x80"),
    ],
)


class ConnectorConformance:
    """The promises of every connector. Set ``connector``; override :meth:`source` and :meth:`missing`."""

    connector: Callable[[Source], Connector]

    def source(self, folder: Path) -> Source:
        """A source with something in it; create what it needs below ``folder``."""
        raise NotImplementedError

    def missing(self, folder: Path) -> Source:
        """A source whose options are right but which is not there."""
        raise NotImplementedError

    def fingerprint(self, source: Source) -> str:
        """A digest of everything the source holds; by default of every file below ``source.base``."""
        digest = sha256()
        for path in sorted(path for path in source.base.rglob("*") if path.is_file()):
            digest.update(f"{path.relative_to(source.base)}\0".encode() + sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def harvested(self, source: Source) -> Mapping[str, list[dict[str, Any]]]:
        """The facts of a source as rows by table; fails when a batch does not have its table's published schema."""
        rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for name, batch in type(self).connector(source).harvest():
            assert name in facts.TABLES, f"{name!r} is not a fact table"
            assert batch.schema.equals(facts.TABLES[name].schema, check_metadata=False), f"schema of {name!r}"
            batch.validate(full=True)
            rows[name] += batch.to_pylist()
        return rows

    def test_it_says_its_role(self, tmp_path: Path) -> None:
        made = type(self).connector(self.source(tmp_path))

        assert isinstance(made, Connector)
        assert made.role in ("data", "pipeline", "declarations")

    def test_facts_have_the_published_schemas_and_no_null_where_none_is_allowed(self, tmp_path: Path) -> None:
        rows = self.harvested(self.source(tmp_path))

        assert rows, "a harvest without any fact says nothing; report a problem instead"
        for name, found in rows.items():
            for field in facts.TABLES[name].fields:
                nulls = sum(row[field.name] is None for row in found)
                assert not (field.required and nulls), f"{name}.{field.name} is never NULL"

    def test_ids_are_unique_and_in_the_range_of_the_source(self, tmp_path: Path) -> None:
        source = replace(self.source(tmp_path), source_id=7)

        for name, rows in self.harvested(source).items():
            if identity := facts.TABLES[name].identity:
                ids = [row[identity] for row in rows]
                assert len(set(ids)) == len(ids), f"ids of {name} are unique"
                assert all(n // facts.ID_STRIDE == 7 for n in ids), f"ids of {name} belong to the source"
            if any(field.name == "source_id" for field in facts.TABLES[name].fields):
                assert {row["source_id"] for row in rows} <= {7, None}, f"source_id of {name}"

    def test_facts_refer_to_facts_that_are_there(self, tmp_path: Path) -> None:
        rows = self.harvested(self.source(tmp_path))

        for child, parent, key in (("column", "dataset", "dataset_id"), ("statement", "job", "job_id")):
            known = {row[key] for row in rows.get(parent, ())}
            assert {row[key] for row in rows.get(child, ())} <= known, f"every {child} has its {parent}"

    def test_a_second_harvest_gives_the_same_facts(self, tmp_path: Path) -> None:
        source = self.source(tmp_path)

        assert self.harvested(source) == self.harvested(source)

    def test_harvesting_leaves_the_source_as_it_was(self, tmp_path: Path) -> None:
        source = self.source(tmp_path)
        before = self.fingerprint(source)

        self.harvested(source)

        assert self.fingerprint(source) == before

    def test_no_path_of_this_machine_is_in_a_fact(self, tmp_path: Path) -> None:
        rows = self.harvested(self.source(tmp_path))

        assert not [name for name in rows if str(tmp_path) in repr(rows[name])]

    def test_an_unknown_option_is_an_error_with_file_and_line_and_without_its_value(self, tmp_path: Path) -> None:
        source = self.source(tmp_path)
        wrong = replace(source, options={**source.options, "no_such_option": CANARY}, file="my.yaml", line=42)

        error = _error(lambda: self.harvested(wrong))

        assert isinstance(error, ConfigError)
        assert str(error).startswith("my.yaml:42: ")
        assert "no_such_option" in str(error)
        _assert_sentence(error)

    def test_a_missing_source_is_a_sentence(self, tmp_path: Path) -> None:
        source = self.missing(tmp_path)

        error = _error(lambda: self.harvested(source))

        _assert_sentence(error)
        assert str(tmp_path) not in str(error), "an error names the path as the configuration does"


class DataConnectorConformance(ConnectorConformance):
    """The promises of a connector whose source has rows. Override :meth:`build` instead of :meth:`source`."""

    connector: Callable[[Source], DataConnector]
    widest = 1_600
    """Most columns a table of this kind of source can have."""

    def build(self, folder: Path, tables: Sequence[Table]) -> Source:
        """A source that holds exactly these tables."""
        raise NotImplementedError

    def allows(self, name: str) -> bool:
        """Whether this kind of source can have a table and a column of this name at all."""
        return True

    def quoted(self, name: str) -> str:
        """An identifier as the SQL of :meth:`DataConnector.pushdown` quotes it."""
        return '"' + name.replace('"', '""') + '"'

    def holds(self, cell: Cell) -> bool:
        """Whether this kind of source can hold this cell at all; NULL stands where it cannot."""
        return True

    def source(self, folder: Path) -> Source:
        """A source with rows, empty tables and every hostile name the source allows."""
        return self.build(folder, [VICTIM, EMPTY, self._extremes(), *self._hostile()])

    def dataset(self, source: Source, table: str) -> DatasetRef:
        """The harvested dataset of a table, with all of its columns."""
        return self.datasets(source, [table])[0]

    def datasets(self, source: Source, tables: Sequence[str]) -> list[DatasetRef]:
        """The harvested datasets of some tables, in their order."""
        rows = self.harvested(source)
        made = []
        for table in tables:
            found = [row for row in rows["dataset"] if row["name"] == table or row["name"].endswith(f".{table}")]
            assert len(found) == 1, f"one dataset for the table {table!r}"
            mine = [row for row in rows["column"] if row["dataset_id"] == found[0]["dataset_id"]]
            columns = [(row["column_id"], row["name"]) for row in sorted(mine, key=lambda row: row["ordinal"])]
            made.append(DatasetRef(found[0]["dataset_id"], found[0]["name"], columns, found[0]["row_count"]))
        return made

    def read(self, source: Source, dataset: DatasetRef, *, rows: int, seed: int) -> tuple[Sequence[Split], pa.Table]:
        """The plan, sent through pickle as to a worker, and what it reads; types of splits are unified as text."""
        splits = type(self).connector(source).plan(dataset, rows=rows, seed=seed)
        parts = []
        for split in pickle.loads(pickle.dumps(splits)):  # noqa: S301 - our own bytes
            batches = list(type(self).connector(source).read(split))
            assert batches, "a split gives at least one batch, which carries the schema"
            assert len({batch.schema for batch in batches}) == 1, "one schema for all batches of a split"
            parts.append(pa.Table.from_batches(batches))
        return splits, pa.concat_tables(parts)

    def test_it_is_a_data_connector(self, tmp_path: Path) -> None:
        made = type(self).connector(self.source(tmp_path))

        assert isinstance(made, DataConnector)
        assert made.role == "data"

    def test_every_table_is_a_dataset_with_its_columns_in_order(self, tmp_path: Path) -> None:
        tables = [VICTIM, EMPTY, self._extremes(), *self._hostile()]
        source = self.build(tmp_path, tables)

        for table, found in zip(tables, self.datasets(source, [one.name for one in tables]), strict=True):
            assert [name for _, name in found.columns] == [name for name, _ in table.columns]
            assert found.row_count in (len(table.rows), None)

    def test_no_cell_is_in_a_fact(self, tmp_path: Path) -> None:
        rows = self.harvested(self.source(tmp_path))

        assert not [name for name in rows if CANARY in repr(rows[name])]

    def test_a_small_dataset_is_read_whole_and_every_cell_arrives(self, tmp_path: Path) -> None:
        extremes = self._extremes()
        source = self.build(tmp_path, [extremes])
        splits, read = self.read(source, self.dataset(source, "extremes"), rows=100, seed=1)

        assert all(split.full for split in splits)
        for n, (name, _) in enumerate(extremes.columns):
            wanted = Counter(_comparable(row[n]) for row in extremes.rows)
            found = Counter(_comparable(value) for value in read.column(n).to_pylist())
            assert found == wanted, f"cells of {name!r} arrive as they are"

    def test_hostile_names_are_read_and_nothing_else_happens(self, tmp_path: Path) -> None:
        hostile = self._hostile()
        source = self.build(tmp_path, [VICTIM, *hostile])
        before = self.fingerprint(source)

        for table, dataset in zip(hostile, self.datasets(source, [one.name for one in hostile]), strict=True):
            _, read = self.read(source, dataset, rows=10, seed=1)
            assert read.num_rows == len(table.rows), f"rows of {table.name!r}"
        _, victim = self.read(source, self.dataset(source, "victim"), rows=100, seed=1)

        assert victim.num_rows == len(VICTIM.rows)
        assert self.fingerprint(source) == before

    def test_only_the_columns_asked_for_are_read(self, tmp_path: Path) -> None:
        source = self.build(tmp_path, [VICTIM])
        whole = self.dataset(source, "victim")
        asked = replace(whole, columns=whole.columns[1:])

        _, read = self.read(source, asked, rows=100, seed=1)

        assert read.column_names == [str(whole.columns[1][0])]

    def test_a_sample_has_the_size_asked_for_and_is_not_the_first_rows(self, tmp_path: Path) -> None:
        source = self.build(tmp_path, [LONG])
        splits, read = self.read(source, self.dataset(source, "long"), rows=400, seed=1)
        tenths = Counter(n * 10 // len(LONG.rows) for n in read.column(0).to_pylist())

        assert not any(split.full for split in splits)
        assert 200 <= read.num_rows <= 400
        assert len(set(read.column(0).to_pylist())) == read.num_rows, "no row twice"
        assert set(tenths) == set(range(10)), "every tenth of the table is reached"
        assert max(tenths.values()) < read.num_rows / 3, "no tenth is most of the sample"

    def test_a_sample_depends_on_the_seed_alone(self, tmp_path: Path) -> None:
        source = self.build(tmp_path, [LONG])
        dataset = self.dataset(source, "long")
        _, first = self.read(source, dataset, rows=200, seed=1)
        _, again = self.read(source, dataset, rows=200, seed=1)
        _, other = self.read(source, dataset, rows=200, seed=2)

        assert first.equals(again)
        assert not first.equals(other)

    def test_an_empty_dataset_says_zero_rows(self, tmp_path: Path) -> None:
        source = self.build(tmp_path, [EMPTY])
        dataset = self.dataset(source, "empty")
        splits, read = self.read(source, dataset, rows=100, seed=1)

        assert dataset.row_count in (0, None)
        assert all(split.full for split in splits)
        assert read.num_rows == 0
        assert read.column_names == [str(column_id) for column_id, _ in dataset.columns]

    def test_the_widest_table_is_read(self, tmp_path: Path) -> None:
        columns = [(f"c{n}", "integer") for n in range(self.widest)]
        row = [None if n % 100 else n for n in range(self.widest)]
        source = self.build(tmp_path, [Table("wide", columns, [row] * 3)])

        _, read = self.read(source, self.dataset(source, "wide"), rows=10, seed=1)

        assert (read.num_rows, read.num_columns) == (3, self.widest)

    def test_queries_say_what_would_be_sent_and_how_many_rows_it_touches(self, tmp_path: Path) -> None:
        source = self.build(tmp_path, [LONG])
        queries = type(self).connector(source).queries(self.dataset(source, "long"), rows=100, seed=1)

        assert queries
        for sql, rows in queries:
            assert "long" in sql
            assert rows >= 0

    def test_aggregates_are_pushed_down_and_writing_is_refused(self, tmp_path: Path) -> None:
        source = self.build(tmp_path, [VICTIM])
        pushdown = type(self).connector(source).pushdown()
        if pushdown is None:
            return
        before = self.fingerprint(source)
        schema, table = pushdown.table(self.dataset(source, "victim").name)
        name = ".".join(self.quoted(part) for part in (schema, table) if part)

        with closing(pushdown.creator()) as connection:
            assert _run(connection, f"SELECT count(*) FROM {name}") == [(len(VICTIM.rows),)]
        for sql in (f"DELETE FROM {name}", f"DROP TABLE {name}", "CREATE TABLE made (a INTEGER)"):
            with closing(pushdown.creator()) as connection:
                assert _error(partial(_run, connection, sql)), f"refused: {sql}"

        assert self.fingerprint(source) == before

    def test_reading_everything_leaves_the_source_as_it_was(self, tmp_path: Path) -> None:
        source = self.source(tmp_path)
        before = self.fingerprint(source)

        for table in (VICTIM, EMPTY, EXTREMES):
            self.read(source, self.dataset(source, table.name), rows=5, seed=3)

        assert self.fingerprint(source) == before

    def test_a_dataset_that_went_away_is_a_sentence(self, tmp_path: Path) -> None:
        source = self.build(tmp_path, [VICTIM])
        there = self.dataset(source, "victim")
        gone = replace(there, name=there.name.replace("victim", "gone"), row_count=None)

        _assert_sentence(_error(lambda: self.read(source, gone, rows=5, seed=1)))

    def _extremes(self) -> Table:
        return replace(EXTREMES, rows=[[cell if self.holds(cell) else None for cell in row] for row in EXTREMES.rows])

    def _hostile(self) -> list[Table]:
        names = [name for name in HOSTILE_NAMES if self.allows(name)]
        return [Table(name, [(name, "text"), ("plain", "integer")], [(CANARY, 1), (None, 2)]) for name in names]


def _run(connection: Any, sql: str) -> list[tuple[Any, ...]]:
    with closing(connection.cursor()) as cursor:
        cursor.execute(sql)
        return [tuple(row) for row in cursor.fetchall()]


def _error(action: Callable[[], object]) -> Exception:
    """The exception an action raises; fails when it raises none."""
    try:
        action()
    except Exception as error:  # noqa: BLE001 - any exception is the answer here; the caller judges it
        return error
    raise AssertionError("an error was expected, and none came")


def _assert_sentence(error: Exception) -> None:
    """A DatagovError of one line that ends in a full stop and holds no canary, nor does its cause."""
    assert isinstance(error, DatagovError), f"{type(error).__name__} is not a DatagovError"
    text = str(error)
    assert text.endswith(".") and "\n" not in text, "a sentence"
    assert CANARY not in text, "no value in an error"
    assert error.__cause__ is None and (error.__context__ is None or error.__suppress_context__), (
        "a driver's error, which may hold values, must not travel along: raise from None"
    )


def _comparable(value: Cell) -> Cell:
    """NaN beside NULL, because a source may keep either; and a value that equals itself."""
    return None if isinstance(value, float) and math.isnan(value) else value
