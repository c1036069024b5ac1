"""Real Spark over a real metastore: every format it writes is read, and its event log joins the catalog's tables."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import spark_hive_build
from _lakes import problems, rows
from _metastore import Server, metastore

from datagov.connectors.spark import SparkConnector

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    """A metastore, and the folder in which the application ran."""
    folder = tmp_path_factory.mktemp("shop")
    with metastore() as hive:
        command = [sys.executable, spark_hive_build.__file__, str(folder), str(hive.port)]
        ran = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=400)
        assert ran.returncode == 0, ran.stderr[-3_000:]
        yield hive, folder


def test_every_format_that_spark_writes_is_read_as_spark_wrote_it(shop: tuple[Server, Path]) -> None:
    hive, folder = shop
    connector = SparkConnector(hive.source(folder, "shop"))

    assert problems(connector) == {}
    assert {name: len(next(iter(rows(connector, name).values()))) for name in spark_hive_build.ROWS} == (
        spark_hive_build.ROWS
    )
    assert rows(connector, "shop.plain") == {"id": [1, 2], "name": ["张三", None]}
    assert rows(connector, "shop.piped") == {"id": [1, 2, 3], "name": ["a|b", None, "N"]}
    assert rows(connector, "shop.quoted") == {"id": ["1"], "name": ['a,b "c"']}
    assert rows(connector, "shop.csv") == {"id": [1, 2], "name": ["a;b", None]}
    assert rows(connector, "shop.json") == {"id": [1], "who": [{"mail": "a@b.cn"}]}
    assert rows(connector, "shop.daily")["day"] == ["2026-01-01"] * 2


def test_the_lineage_of_a_job_meets_the_tables_of_the_catalog_by_their_names(shop: tuple[Server, Path]) -> None:
    hive, folder = shop
    (folder / "datagov.yaml").write_text(
        "version: 1\nplatform: t\nsources:\n"
        f"  warehouse: {{use: spark, metastore: 'thrift://127.0.0.1:{hive.port}', databases: [shop]}}\n"
        "  jobs: {use: sparklog, path: log}\n"
    )
    command = [str(Path(sys.executable).with_name("datagov")), "audit", "--format", "json", "-o", "out"]
    ran = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, timeout=300)
    (evidence,) = folder.rglob("evidence.sqlite")
    with closing(sqlite3.connect(evidence)) as store:
        fatal = store.execute("SELECT object, message FROM problem WHERE fatal").fetchall()
        edges = set(
            store.execute(
                "SELECT s.name || '.' || a.name, t.name || '.' || b.name, p.name, q.name FROM edge"
                " JOIN column a ON a.column_id = source_column_id JOIN dataset s ON s.dataset_id = a.dataset_id"
                " JOIN column b ON b.column_id = target_column_id JOIN dataset t ON t.dataset_id = b.dataset_id"
                " JOIN source p ON p.source_id = s.source_id JOIN source q ON q.source_id = t.source_id"
            )
        )

    assert fatal == [], ran.stderr
    wanted = {
        ("shop.customer.mobile", "shop.vip.mobile"),
        ("shop.vip.mobile", "shop.orc_vip.mobile"),
        ("shop.customer.mobile", "shop.daily.mobile"),
        ("shop.customer.name", "shop.plain.name"),
        ("shop.vip.mobile", "shop.seen.number"),
    }
    assert {(one, other, "warehouse", "warehouse") for one, other in wanted} <= edges
