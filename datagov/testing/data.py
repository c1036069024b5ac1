"""The promises of a connector whose source has rows."""
# ruff: noqa: D102 - the names of the tests are the sentences that say what is promised

from __future__ import annotations

import math
import pickle
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from datagov.contracts import DataConnector, DatasetRef, Source, Split
from datagov.testing.connector import ConnectorConformance, assert_sentence, error_of
from datagov.testing.special import KINDS, Cannot, Special
from datagov.testing.tables import CANARY, EMPTY, EXTREMES, HOSTILE_NAMES, LONG, VICTIM, Cell, Table


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

    def special(self) -> Mapping[str, Special | Cannot]:
        """An answer for each of :data:`datagov.testing.KINDS`; none at all means that the suite does not try them."""
        return {}

    def build_special(self, folder: Path, values: Mapping[str, Special]) -> Source:
        """A source with the table ``special``: per value a column of its kind's name, and a second row of NULL."""
        raise NotImplementedError

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

    def test_every_kind_of_special_value_is_answered(self) -> None:
        answers = self._answers()

        assert set(answers) == set(KINDS), "a kind is shown, or it is said why the source has none"
        assert self._values(), "no kind of source has no special value at all"
        for kind, answer in answers.items():
            if isinstance(answer, Cannot):
                assert answer.because.endswith("."), f"a sentence says why there is no {kind}"

    def test_special_values_arrive_as_they_are_said_to(self, tmp_path: Path) -> None:
        self._answers()
        values = self._values()
        source = self.build_special(tmp_path, values)
        dataset = self.dataset(source, "special")
        _, read = self.read(source, dataset, rows=10, seed=1)
        cells = {name: _cells(read.column(n)) for n, (_, name) in enumerate(dataset.columns)}

        assert list(cells) == list(values)
        for kind, value in values.items():
            assert len(cells[kind]) == 2, f"rows of {kind}"
            assert _same(cells[kind][0], value.comes), f"{kind} arrives as said"
            assert cells[kind][1] == value.beside, f"NULL beside {kind} stays NULL, or what the source holds instead"

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
                assert error_of(partial(_run, connection, sql)), f"refused: {sql}"

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

        assert_sentence(error_of(lambda: self.read(source, gone, rows=5, seed=1)))

    def _answers(self) -> Mapping[str, Special | Cannot]:
        answers = self.special()
        if not answers:
            pytest.skip("this suite does not say how special values arrive; override 'special' and 'build_special'")
        return answers

    def _values(self) -> Mapping[str, Special]:
        return {kind: answer for kind, answer in self.special().items() if isinstance(answer, Special)}

    def _extremes(self) -> Table:
        return replace(EXTREMES, rows=[[cell if self.holds(cell) else None for cell in row] for row in EXTREMES.rows])

    def _hostile(self) -> list[Table]:
        names = [name for name in HOSTILE_NAMES if self.allows(name)]
        return [Table(name, [(name, "text"), ("plain", "integer")], [(CANARY, 1), (None, 2)]) for name in names]


def _run(connection: Any, sql: str) -> list[tuple[Any, ...]]:
    with closing(connection.cursor()) as cursor:
        cursor.execute(sql)
        return [tuple(row) for row in cursor.fetchall()]


def _comparable(value: Cell) -> Cell:
    """NaN beside NULL, because a source may keep either; and a value that equals itself."""
    return None if isinstance(value, float) and math.isnan(value) else value


def _cells(column: pa.ChunkedArray) -> list[Any]:
    """The cells as Python has them; those beyond Python's years as Arrow's text."""
    cells: list[Any]
    try:
        cells = column.to_pylist()
    except OverflowError:
        cells = column.cast(pa.string()).to_pylist()
    return cells


def _same(cell: Any, comes: Any) -> bool:
    """Equal, or both not a number; a moment is the same in every zone."""
    return bool(cell == comes) or repr(cell) == repr(comes)
