"""MySQL and MariaDB in production: counts that let others work, samples that state too much, who gets the password."""

import socket
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from _mysql import SECRET, Server, admin
from _sources import datasets, harvested

from datagov.connectors import _mysql_catalog as catalog
from datagov.connectors import _mysql_harvest as harvest
from datagov.connectors import _mysql_history as history
from datagov.connectors import _mysql_sample as sample
from datagov.connectors.mysql import MysqlConnector
from datagov.contracts import Limits, Source
from datagov.engine import wire
from datagov.errors import SourceError
from datagov.fact_writer import FactWriter
from datagov.stages.detect import examine_datasets
from datagov.stages.examine import Work

pytestmark = pytest.mark.server


def built(my: Server, database: str, folder: Path, *statements: str, **options: Any) -> MysqlConnector:
    my.run(*statements, database=database)
    return MysqlConnector(my.source(folder, database, **options))


def with_and_without_a_key(my: Server, database: str, folder: Path) -> MysqlConnector:
    """Two tables of more rows than are read of one that has no key."""
    return built(
        my,
        database,
        folder,
        "CREATE TABLE keyless (a int)",
        "CREATE TABLE keyed (a int PRIMARY KEY)",
        "INSERT INTO keyless SELECT seq FROM seq_1_to_210000",
        "INSERT INTO keyed SELECT seq FROM seq_1_to_210000",
    )


def test_a_table_of_many_small_rows_without_a_key_is_said_to_be_sampled_from_its_beginning(
    my: Server, database: str, tmp_path: Path
) -> None:
    connector = with_and_without_a_key(my, database, tmp_path)
    known = datasets(connector)
    said = [row["object"] for row in harvested(connector)["problem"] if row["kind"] == "no_key"]
    fair = {name: connector.plan(one, rows=100, seed=1)[0].fair for name, one in known.items()}

    assert known[f"{database}.keyless"].row_count == 210_000
    assert said == [f"{database}.keyless"]
    assert fair == {f"{database}.keyless": False, f"{database}.keyed": True}


@pytest.mark.parametrize(("rows", "fair"), [(150, True), (200, True), (201, False)])
def test_a_view_is_sampled_fairly_only_when_all_of_it_is_known_to_be_seen(
    my: Server, database: str, tmp_path: Path, rows: int, fair: bool
) -> None:
    connector = built(
        my,
        database,
        tmp_path,
        "CREATE TABLE t (a int)",
        f"INSERT INTO t SELECT seq FROM seq_1_to_{rows}",
        "CREATE VIEW v AS SELECT a FROM t",
    )
    (split,) = connector.plan(datasets(connector)[f"{database}.v"], rows=200, seed=1)

    assert (split.full or split.fair) == fair


def test_a_scan_keeps_no_long_cell_and_few_rows_of_wide_ones_on_the_server(
    my: Server, database: str, tmp_path: Path
) -> None:
    connector = built(
        my,
        database,
        tmp_path,
        "CREATE TABLE t (a longtext) ENGINE = MyISAM",
        "INSERT INTO t SELECT REPEAT('x', 1000000) FROM seq_1_to_60",
    )
    dataset = datasets(connector)[f"{database}.t"]
    (_, (sql, touched)) = [("", ("", 0)), *connector.queries(dataset, rows=50, seed=1)]
    wide = catalog.Relation(database, "w", "table", "InnoDB", 100_000, 10**11, None, None, None)
    (split,) = connector.plan(dataset, rows=50, seed=1)

    assert sql.index("SUBSTRING(") > sql.index("FROM ("), "cells are cut before they are kept"
    assert touched == 60
    assert sample.scanned_rows(wide, rows=50) < 300
    assert sample.scanned_rows(wide, rows=2_000) == 2_000
    assert sum(batch.num_rows for batch in connector.read(split)) == 50


def test_one_statement_counts_few_bytes_so_that_others_may_alter_their_tables() -> None:
    def relation(name: str, size: int | None, engine: str = "InnoDB") -> catalog.Relation:
        return catalog.Relation("d", name, "table", engine, 1, size, None, None, None)

    columns = {name: [catalog.Column("a", 0, "int", "int", None, True, False, None, True)] for name in "abcdefg"}
    small = [relation(name, 1 << 20) for name in "abc"]
    large = [relation(name, 12 << 20) for name in "de"]
    counted = harvest.Harvest._counted

    assert [[one.name for one in some] for some in harvest._few([*small, *large])] == [["a", "b", "c", "d"], ["e"]]
    assert counted(small[0], columns)
    assert not counted(relation("f", None), columns), "of unknown size"
    assert not counted(relation("g", 10, "FEDERATED"), columns), "on another server"


def test_old_rows_that_the_server_keeps_are_said_not_to_be_examined(my: Server, database: str, tmp_path: Path) -> None:
    connector = built(
        my,
        database,
        tmp_path,
        "CREATE TABLE t (a int) WITH SYSTEM VERSIONING",
        "INSERT INTO t VALUES (1)",
        "DELETE FROM t",
    )
    said = [(row["object"], row["fatal"]) for row in harvested(connector)["problem"] if row["kind"] == "old_rows"]

    assert said == [(f"{database}.t", False)]


def test_a_table_that_has_grown_since_the_harvest_is_sampled_and_not_read_whole(
    my: Server, database: str, tmp_path: Path
) -> None:
    connector = built(
        my, database, tmp_path, "CREATE TABLE t (a int PRIMARY KEY)", "INSERT INTO t SELECT seq FROM seq_1_to_10"
    )
    dataset = datasets(connector)[f"{database}.t"]
    my.run("INSERT INTO t SELECT seq FROM seq_11_to_5000", "ANALYZE TABLE t", database=database)
    (split,) = connector.plan(dataset, rows=100, seed=1)

    assert dataset.row_count == 10
    assert not split.full
    assert sum(batch.num_rows for batch in connector.read(split)) <= 100


def test_splits_of_a_whole_table_have_its_rows_together(my: Server, database: str, tmp_path: Path) -> None:
    rows = 2 * sample.SPLIT_ROWS + 10
    connector = built(
        my, database, tmp_path, "CREATE TABLE t (a int PRIMARY KEY)", f"INSERT INTO t SELECT seq FROM seq_1_to_{rows}"
    )
    splits = connector.plan(datasets(connector)[f"{database}.t"], rows=10**6, seed=1)

    assert len(splits) > 1
    assert sum(split.rows for split in splits) == rows


class _Thief:
    """A server without encryption that asks for the password itself, by one of the ways it may ask."""

    def __init__(self, plugin: bytes) -> None:
        self._plugin = plugin
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.heard = b""
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            client, _ = self._listener.accept()
            with client:
                client.settimeout(5)
                plugins, secure = 0x0008_0000, 0x8000
                low, high = (0x0200 | secure).to_bytes(2, "little"), (plugins >> 16).to_bytes(2, "little")
                hello = b"\x0a8.0.36\0" + b"\1\0\0\0" + b"saltsalt\0" + low + b"\x2d\2\0" + high
                hello += b"\x15" + b"\0" * 10 + b"saltsaltsalt\0" + b"mysql_native_password\0"
                client.sendall(len(hello).to_bytes(3, "little") + b"\0" + hello)
                self.heard += client.recv(65536)
                prompt = b"\x02Password: " if self._plugin == b"dialog" else b""
                ask = b"\xfe" + self._plugin + b"\0" + prompt
                client.sendall(len(ask).to_bytes(3, "little") + b"\2" + ask)
                self.heard += client.recv(65536)


@pytest.mark.parametrize("plugin", [b"mysql_clear_password", b"dialog"])
def test_a_server_that_asks_for_the_password_on_an_open_line_does_not_get_it(tmp_path: Path, plugin: bytes) -> None:
    with closing(_Thief(plugin)) as thief:
        options = {"dsn": f"mysql://reader@127.0.0.1:{thief.port}", "password": SECRET}
        connector = MysqlConnector(Source(4, "core", "mysql", options, tmp_path, "datagov.yaml", 9))
        with pytest.raises(SourceError, match="clear text") as refused:
            harvested(connector)

        assert thief.heard
        assert SECRET.encode() not in thief.heard
        assert SECRET not in str(refused.value)


def test_a_history_that_cannot_be_read_is_said(my: Server, tmp_path: Path) -> None:
    writer = FactWriter(source_id=4)
    connection = admin()
    connection.close()
    history.add_history(writer, connection, ["d"], my.source(tmp_path, "d"))
    (problem,) = dict(writer.batches())["problem"].to_pylist()

    assert (problem["kind"], problem["fatal"]) == ("no_history", False)


def test_rows_from_the_beginning_of_a_table_state_nothing_of_the_others(
    my: Server, database: str, tmp_path: Path
) -> None:
    connector = with_and_without_a_key(my, database, tmp_path)
    works = [
        Work(one, {column_id: ("int", None) for column_id, _ in one.columns}) for one in datasets(connector).values()
    ]
    packed = examine_datasets(my.source(tmp_path, database), works, Limits(sample_rows=200), 1)
    told = {
        row["column_id"]: row["excludable_prevalence"]
        for name, batch in wire.unpack(packed)
        if name == "examination"
        for row in batch.to_pylist()
    }
    bounds = {work.dataset.name.partition(".")[2]: told[work.dataset.columns[0][0]] for work in works}

    assert bounds["keyless"] is None
    assert 0 < bounds["keyed"] < 0.1
