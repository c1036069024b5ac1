"""Sources in use: what other connectors must not leave behind, hold on to, overlook, or tell."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from _postgres import Server, conninfo_to_dict, schema_of
from _sources import datasets, harvested, read

from datagov.connectors import _sqlalchemy_harvest as inspected
from datagov.connectors._file_token import version
from datagov.connectors.duckdb import DuckdbConnector
from datagov.connectors.files import FilesConnector
from datagov.connectors.openlineage import OpenLineageConnector
from datagov.connectors.sqlalchemy import SqlalchemyConnector
from datagov.connectors.sqlite import SqliteConnector
from datagov.contracts import Source
from datagov.errors import SourceError


def through_sqlalchemy(pg: Server, schema: str, folder: Path) -> SqlalchemyConnector:
    known = conninfo_to_dict(pg.dsn())
    url = f"postgresql+psycopg://{pg.reader}@{known['host']}:{known.get('port') or 5432}/{known['dbname']}"
    return SqlalchemyConnector(
        Source(4, "core", "sqlalchemy", {"url": url, "schemas": [schema]}, folder, "datagov.yaml", 9)
    )


@pytest.mark.server
def test_a_harvest_through_sqlalchemy_keeps_no_lock_on_what_it_has_counted(
    pg: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = schema_of(tmp_path)
    pg.run(f"CREATE SCHEMA {schema}", *(f"CREATE TABLE {schema}.t{n} (a int)" for n in range(3)))
    pg.run(f"CREATE VIEW {schema}.v AS SELECT a FROM {schema}.t0")
    pg.grant(schema)
    held: list[int] = []
    real = inspected.Harvest._type

    def watched(self: inspected.Harvest, kind: Any) -> str | None:
        locks = "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n"
        held.append(pg.rows(f"{locks} ON n.oid = c.relnamespace WHERE n.nspname = '{schema}'")[0][0])
        return real(self, kind)

    monkeypatch.setattr(inspected.Harvest, "_type", watched)
    rows = harvested(through_sqlalchemy(pg, schema, tmp_path))

    assert len(rows["dataset"]) == 4
    assert held == [0, 0, 0, 0]


@pytest.mark.server
def test_rows_that_a_policy_hides_are_an_error_through_sqlalchemy_too(pg: Server, tmp_path: Path) -> None:
    schema = schema_of(tmp_path)
    pg.run(
        f"CREATE SCHEMA {schema}",
        f"CREATE TABLE {schema}.t AS SELECT generate_series(1, 10) AS a",
        f"ALTER TABLE {schema}.t ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY p ON {schema}.t USING (a < 3)",
    )
    pg.grant(schema)
    connector = through_sqlalchemy(pg, schema, tmp_path)
    (problem,) = harvested(connector)["problem"]

    assert problem["fatal"]
    assert "hides rows from this account" in problem["message"]
    with pytest.raises(SourceError, match="hides rows from this account"):
        read(connector, datasets(connector)[f"{schema}.t"])


@pytest.mark.parametrize(("rows", "fair"), [(150, True), (201, False)])
def test_a_view_through_sqlalchemy_is_sampled_fairly_only_when_all_of_it_is_seen(
    tmp_path: Path, rows: int, fair: bool
) -> None:
    with closing(sqlite3.connect(tmp_path / "app.db")) as db, db:
        db.execute("CREATE TABLE t (a TEXT)")
        db.executemany("INSERT INTO t VALUES (?)", ((str(n),) for n in range(rows)))
        db.execute("CREATE VIEW v AS SELECT a FROM t")
    source = Source(1, "app", "sqlalchemy", {"url": "sqlite:///app.db"}, tmp_path, "datagov.yaml", 3)
    connector = SqlalchemyConnector(source)
    (split,) = connector.plan(datasets(connector)["main.v"], rows=200, seed=1)

    assert (split.full or split.fair) == fair


def test_a_schema_that_a_duckdb_file_does_not_have_is_never_taken_for_an_empty_one(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="the extra 'duckdb' is not installed")
    with duckdb.connect(str(tmp_path / "app.duckdb")) as db:
        db.execute("CREATE TABLE t (a INTEGER)")
    options = {"path": "app.duckdb", "schemas": ["main", "misspelt"]}
    rows = harvested(DuckdbConnector(Source(1, "app", "duckdb", options, tmp_path, "datagov.yaml", 3)))

    assert [row["name"] for row in rows["dataset"]] == ["main.t"]
    assert [(row["object"], row["fatal"]) for row in rows["problem"]] == [("misspelt", True)]


def logged(folder: Path) -> sqlite3.Connection:
    db = sqlite3.connect(folder / "app.db")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE IF NOT EXISTS t (a INTEGER)")
    db.execute("INSERT INTO t VALUES (1)")
    db.commit()
    return db


def sqlite(folder: Path) -> SqliteConnector:
    return SqliteConnector(Source(1, "app", "sqlite", {"path": "app.db"}, folder, "datagov.yaml", 3))


def test_no_file_is_left_beside_a_database_with_a_log_that_nobody_uses(tmp_path: Path) -> None:
    logged(tmp_path).close()
    connector = sqlite(tmp_path)

    assert read(connector, datasets(connector)["main.t"])["a"].to_pylist() == [1]
    assert [file.name for file in tmp_path.iterdir()] == ["app.db"]


def test_what_is_only_in_the_log_is_read_and_changes_the_token(tmp_path: Path) -> None:
    with closing(logged(tmp_path)) as db:
        connector = sqlite(tmp_path)
        (before,) = harvested(connector)["dataset"]
        db.execute("INSERT INTO t VALUES (2)")
        db.commit()
        (after,) = harvested(connector)["dataset"]

    assert (before["row_count"], after["row_count"]) == (1, 2)
    assert before["change_token"] != after["change_token"]


def test_a_database_that_is_written_while_it_is_read_as_one_at_rest_says_so(tmp_path: Path) -> None:
    logged(tmp_path).close()
    connector = sqlite(tmp_path)

    with pytest.raises(SourceError, match="was changed by another program"), connector._open():
        logged(tmp_path).close()


def test_a_file_that_was_replaced_with_its_old_size_and_time_is_another_version(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("a\n1\n")
    before = file.stat()
    file.write_text("a\n2\n")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert (file.stat().st_size, file.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert version(file.stat()) != version(before)


def lake(folder: Path) -> FilesConnector:
    return FilesConnector(Source(1, "lake", "files", {"path": "."}, folder, "datagov.yaml", 3))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (json.dumps([{"a": 10**30}, {"a": 1}]), None),
        ('[{"a": ' + "[" * 100_000 + "]" * 100_000 + "}]", "is nested more than 256 levels deep"),
    ],
    ids=["a whole number of thirty digits", "a hundred thousand levels"],
)
def test_a_strange_json_file_spoils_no_other_file(tmp_path: Path, text: str, said: str | None) -> None:
    (tmp_path / "strange.json").write_text(text)
    (tmp_path / "good.csv").write_text("a\n1\n")
    connector = lake(tmp_path)
    rows = harvested(connector)

    assert {row["name"] for row in rows["dataset"]} == {"lake.good", "lake.strange"}
    if said is None:
        assert read(connector, datasets(connector)["lake.strange"])["a"].to_pylist() == [str(10**30), "1"]
    else:
        assert said in rows["problem"][0]["message"]


@pytest.mark.parametrize("name", ["p.parquet", "p.unknown"])
def test_the_values_of_partitions_are_in_no_message(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "t" / "phone=13800138000"
    folder.mkdir(parents=True)
    (folder / name).write_bytes(b"PAR1 broken")
    (tmp_path / "good.csv").write_text("a\n1\n")
    connector = lake(tmp_path)
    rows = harvested(connector)
    told = repr(rows)
    for dataset in datasets(connector).values():
        try:
            read(connector, dataset)
        except SourceError as error:
            told += str(error)

    assert rows["problem"]
    assert "phone=…" in told
    assert "13800138000" not in told


def test_addresses_in_events_are_told_without_accounts_and_parameters(tmp_path: Path) -> None:
    secret = "correct-horse"
    event = {
        "eventType": "COMPLETE",
        "job": {"namespace": f"spark://me:{secret}@host", "name": "j"},
        "inputs": [
            {"namespace": f"postgres://me:{secret}@db:5432", "name": "shop.public.c"},
            {"namespace": "s3://b", "name": f"k/part?X-Amz-Signature={secret}"},
        ],
        "outputs": [{"namespace": f"jdbc:mysql://db/shop?user=me&password={secret}", "name": "a.b"}],
    }
    (tmp_path / "e.json").write_text(json.dumps(event))
    source = Source(1, "events", "openlineage", {"path": "."}, tmp_path, "datagov.yaml", 3)
    rows = harvested(OpenLineageConnector(source))

    assert secret not in repr(rows)
    assert {row["namespace"] for row in rows["dataset"]} == {"postgres://db:5432/shop", "jdbc:mysql://db/shop"}
    assert {row["source_dataset"] for row in rows["link"]} == {"public.c", "path:s3://b/k/part"}
