"""``datagov lineage``: trees up and down, routes, influences apart, and what was not read is always said."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from datagov import audit, runs
from datagov.commands._lineage_forms import CSV_COLUMNS, csv_text
from datagov.lineage.openlineage import read
from tests.cli.command import datagov

SQL = """
INSERT INTO main.b (x, y) SELECT upper(x), y FROM main.a WHERE y > 7;
INSERT INTO main.c (x, y) SELECT x, y FROM main.b;
INSERT INTO main.b (x) SELECT x FROM main.c;
INSERT INTO main.c (x) SELECT x FROM main.a;
INSERT INTO main.d SELECT FROM WHERE ((;
INSERT INTO main.d (x, y) SELECT x, y FROM main.a, main.b;
"""
VIEW = "CREATE VIEW v AS SELECT x AS w FROM a WHERE y > 7"
CONFIG = """
version: 1
platform: shop
sources:
  shop: {use: sqlite, path: shop.db}
  pipeline: {use: sqlfolder, path: sql, dialect: sqlite}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose audit has run: a cycle of two tables, a filter, and one statement nobody can read."""
    folder = tmp_path_factory.mktemp("shop")
    with sqlite3.connect(folder / "shop.db") as db:
        for table in "abcd":
            db.execute(f"CREATE TABLE {table} (x TEXT, y INTEGER)")
    db.close()
    (folder / "sql").mkdir()
    (folder / "sql" / "load.sql").write_text(SQL)
    (folder / "datagov.yaml").write_text(CONFIG)
    done = datagov("audit", "-f", "json=out.json", cwd=folder)
    assert done.returncode in (0, 1, 3), done.stderr
    return folder


def known(shop: Path, *arguments: str) -> dict[str, object]:
    done = datagov("lineage", *arguments, "-f", "json", cwd=shop)
    answer: dict[str, object] = json.loads(done.stdout)
    assert done.returncode == (0 if answer["run"]["complete"] else 3), done.stderr  # type: ignore[index]
    return answer


def test_a_tree_shows_kind_protection_confidence_place_and_expression(shop: Path) -> None:
    lines = datagov("lineage", "main.b.x", "--up", cwd=shop).stdout.splitlines()

    assert lines[0] == "main.b.x comes from"
    assert "  main.a.x  transformation, not masked, confidence 1.00  sql/load.sql:2  upper(x)" in lines


def test_a_doubtful_link_has_its_reason_beside_its_confidence(shop: Path) -> None:
    for command in ("lineage", "column"):
        assert "confidence 0.50 (ambiguous)" in datagov(command, "main.d.y", cwd=shop).stdout


def test_what_was_not_read_is_told_by_file_and_source(shop: Path) -> None:
    unread = known(shop, "main.d")["unread"]

    counters = {"parsed": 5, "opaque": 0, "failed": 1, "unsupported": 0, "unresolved": 0}
    assert {key: unread[key] for key in counters} == counters  # type: ignore[index]
    assert unread["files"] == [  # type: ignore[index]
        {"source": "pipeline", "file": "sql/load.sql", "dialect": "sqlite", **counters, "read": True}
    ]
    assert unread["sources"] == [{"source": "pipeline", "files": 1, **counters, "lost": 0}]  # type: ignore[index]
    for command in ("lineage", "column"):
        done = datagov(command, "main.d.y", cwd=shop)
        assert "sql/load.sql: 5 parsed, 0 opaque, 1 failed, 0 unsupported; unresolved names: 0" in done.stdout


def test_a_cycle_ends_with_a_mark(shop: Path) -> None:
    done = datagov("lineage", "main.b.x", "--down", cwd=shop)

    assert "  main.c.x  identity" in done.stdout
    assert "    main.b.x  identity" in done.stdout
    assert done.stdout.count("(cycle)") == 1


def test_influences_stand_apart_and_are_not_followed(shop: Path) -> None:
    down = known(shop, "main.a.y", "--down")["down"]

    assert [row["subtype"] for row in down["influences"]] == ["FILTER"]  # type: ignore[index]
    assert {row["type"] for row in down["edges"]} == {"DIRECT"}  # type: ignore[index]
    assert down["influences"][0]["target_field"] is None  # type: ignore[index]


def test_both_directions_are_shown_when_none_is_asked_for(shop: Path) -> None:
    assert {"up", "down"} <= set(known(shop, "main.b.y"))
    assert "down" not in known(shop, "main.b.y", "--up")


def test_a_dataset_means_all_its_columns(shop: Path) -> None:
    answer = known(shop, "main.b", "--up")

    assert answer["of"] == ["main.b.x", "main.b.y"]
    sources = {f"{row['source_dataset']}.{row['source_field']}" for row in answer["up"]["edges"]}  # type: ignore[index]
    assert sources == {"main.a.x", "main.a.y", "main.c.x", "main.b.x"}


def test_a_cut_by_depth_is_said(shop: Path) -> None:
    cut = datagov("lineage", "main.a.y", "--down", "--depth", "1", cwd=shop).stdout
    whole = datagov("lineage", "main.a.y", "--down", "--depth", "2", cwd=shop).stdout

    assert "Cut at 1 step down" in cut and "main.c.y" not in cut
    assert "Cut" not in whole and "main.c.y" in whole


@pytest.mark.parametrize("arguments", [("main.d",), ("main.a.x", "--to", "main.c.x"), ("main.d", "--to", "main.a")])
def test_statements_that_were_not_read_are_always_said(shop: Path, arguments: tuple[str, ...]) -> None:
    done = datagov("lineage", *arguments, cwd=shop)

    assert "At least this: 1 of 6 statements were not read" in done.stdout


def test_routes_between_columns_come_shortest_first(shop: Path) -> None:
    answer = known(shop, "main.a.x", "--to", "main.c.x")

    assert [len(route) for route in answer["routes"]] == [1, 2]  # type: ignore[arg-type,attr-defined]
    assert not answer["cut_by_count"] and not answer["cut_by_length"]
    assert known(shop, "main.a.x", "--to", "main.c.x", "--routes", "1")["cut_by_count"]
    assert "No route" in datagov("lineage", "main.c.x", "--to", "main.a.x", cwd=shop).stdout


def test_an_unknown_name_is_wrong_usage_with_the_nearest_names(shop: Path) -> None:
    for name, hint in (("main.zzz.x", "Columns of that name: main.a.x"), ("main.b.xx", "Nearest names: main.b.x")):
        done = datagov("lineage", name, cwd=shop)

        assert done.returncode == 2 and done.stdout == ""
        assert hint in done.stderr
    assert datagov("lineage", "main.a.x", "--up", "--to", "main.b.x", cwd=shop).returncode == 2


def test_csv_has_stable_columns_and_its_caveats_on_stderr(shop: Path) -> None:
    done = datagov("lineage", "main.b.x", "-f", "csv", cwd=shop)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))

    assert tuple(rows[0]) == CSV_COLUMNS
    assert {row["part"] for row in rows} == {"up", "up_influence", "down"}
    assert "At least this" in done.stderr


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", " ="])
def test_no_cell_of_the_csv_is_a_formula(start: str) -> None:
    text = csv_text({"up": {"edges": [{"expression": f"{start}1", "hop": 1}], "influences": []}})

    assert next(csv.DictReader(io.StringIO(text, newline="")))["expression"] == f"'{start}1"


def test_openlineage_events_say_the_same_edges_and_are_the_same_each_time(shop: Path) -> None:
    first = datagov("lineage", "main.b.x", "--up", "-f", "openlineage", cwd=shop).stdout
    (shop / "events.ndjson").write_text(first)
    found = read(shop / "events.ndjson")
    up = known(shop, "main.b.x", "--up")["up"]

    assert first == datagov("lineage", "main.b.x", "--up", "-f", "openlineage", cwd=shop).stdout
    assert found.faults == ()
    direct = {(one.source.name, one.source_field) for job in found.jobs for one in job.links if one.type == "DIRECT"}
    assert direct == {(row["source_dataset"], row["source_field"]) for row in up["edges"]}  # type: ignore[index]


def test_no_literal_of_the_sql_is_shown(shop: Path) -> None:
    for form in ("text", "json", "csv", "openlineage"):
        assert "> 7" not in datagov("lineage", "main.b", "-f", form, cwd=shop).stdout


@pytest.fixture(scope="module")
def viewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose audit has run to its end: a view of the database, and one statement of a file."""
    folder = tmp_path_factory.mktemp("viewed")
    with sqlite3.connect(folder / "shop.db") as db:
        db.execute("CREATE TABLE a (x TEXT, y INTEGER)")
        db.execute(VIEW)
    db.close()
    (folder / "sql").mkdir()
    (folder / "sql" / "load.sql").write_text("INSERT INTO main.c (x) SELECT x FROM main.a;")
    (folder / "datagov.yaml").write_text(CONFIG)
    audit.run(folder / "datagov.yaml")
    return folder


def test_a_link_of_a_view_has_the_view_for_its_place(viewed: Path) -> None:
    done = datagov("column", "main.a.x", cwd=viewed)

    assert "main.v.w  (identity, not masked, confidence 1.00) main.v:1" in done.stdout
    assert "None" not in done.stdout


def test_an_influence_brings_no_value_and_so_no_protection(viewed: Path) -> None:
    done = datagov("lineage", "main.a.y", "--down", cwd=viewed)

    assert "  main.a.y → main.v (all)  filter, confidence 1.00  main.v:1" in done.stdout


def test_a_run_that_was_interrupted_is_named_where_it_knows_no_column(viewed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(viewed, folder)
    (complete,) = runs.finished(folder / ".datagov")

    def stop(stage: str, done: int, total: int, rows: int = 0) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        audit.run(folder / "datagov.yaml", progress=stop)
    stopped = [path.parent.name for path in runs.finished(folder / ".datagov")][-1]

    for command in ("lineage", "column"):
        done = datagov(command, "main.a.nothing", cwd=folder)
        assert done.returncode == 2
        assert f"Run {stopped} was interrupted and may not have seen it" in done.stderr
        assert f"choose a complete run: --run {complete.parent.name}." in done.stderr


@pytest.fixture(scope="module")
def masked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose audit followed mobile numbers through a mask and a copy of what it left."""
    folder = tmp_path_factory.mktemp("masked")
    with sqlite3.connect(folder / "shop.db") as db:
        db.execute("CREATE TABLE a (mobile TEXT)")
        db.executemany("INSERT INTO a VALUES (?)", [(f"1381234{n:04}",) for n in range(200)])
    db.close()
    (folder / "sql").mkdir()
    (folder / "sql" / "load.sql").write_text(
        "INSERT INTO main.copy (mobile) SELECT mobile FROM main.a;\n"
        "INSERT INTO main.b (shown) SELECT substr(mobile, 1, 3) || '****' || substr(mobile, 8) FROM main.a;\n"
        "INSERT INTO main.c (shown) SELECT shown FROM main.b;\n"
    )
    (folder / "datagov.yaml").write_text(CONFIG)
    audit.run(folder / "datagov.yaml")
    return folder


def test_a_copy_of_a_masked_value_is_not_in_the_clear(masked: Path) -> None:
    copied = datagov("lineage", "main.a.mobile", "--down", cwd=masked).stdout

    assert "main.copy.mobile  identity, in the clear, confidence" in copied
    assert "main.b.shown  transformation, partly masked, confidence" in copied
    assert "main.c.shown  identity, already partly masked, confidence" in copied
    assert "(identity, already partly masked, " in datagov("column", "main.c.shown", cwd=masked).stdout
    assert "(原样复制，此前部分掩码，" in datagov("column", "main.c.shown", "--lang", "zh", cwd=masked).stdout
