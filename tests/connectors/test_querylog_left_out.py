"""What of a log cannot be read is counted with its line, and costs nothing else of the log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from _sources import harvested

from datagov.connectors.querylog import QueryLogConnector
from datagov.contracts import Source
from datagov.fact_writer import FactWriter

CSV: dict[str, Any] = {"format": "csv", "dialect": "hive", "columns": {"sql": "q", "time": "t", "rows": "n"}}


def read(folder: Path, content: str, **options: Any) -> tuple[list[str], list[str]]:
    """SQL that was taken up, and what problems say."""
    (folder / "log").write_text(content, "utf-8")
    options = {"path": "log", "timezone": "UTC", **options}
    rows = harvested(QueryLogConnector(Source(8, "log", "querylog", options, folder, "datagov.yaml", 5)))
    return [row["sql"] for row in rows.get("statement", [])], [row["message"] for row in rows.get("problem", [])]


def test_statements_that_move_no_data_are_counted_but_for_those_of_accounts_left_out(tmp_path: Path) -> None:
    log = "u,q\n" + "li,COMMIT\nli,SET x = 1\nli,SELECT a FROM t\ndatagov,ROLLBACK\ndatagov,SELECT b FROM t\n" * 2
    (tmp_path / "log").write_text(log, "utf-8")
    columns = {"sql": "q", "account": "u"}
    given = {"path": "log", "format": "csv", "dialect": "hive", "columns": columns, "accounts_left_out": ["datagov"]}
    rows = harvested(QueryLogConnector(Source(8, "log", "querylog", given, tmp_path, "datagov.yaml", 5)))
    (counts,) = rows["query_log"]

    assert [row["sql"] for row in rows["statement"]] == ["SELECT a FROM t"]
    assert (counts["entries"], counts["left_out"], counts["no_flow"]) == (1, 0, 4)


def test_a_long_cell_of_a_csv_is_a_query_and_a_row_that_is_no_csv_is_counted(tmp_path: Path) -> None:
    long = "SELECT a FROM t -- " + "b" * 140_000
    sql, said = read(tmp_path, f"q,t,n\n{long},2026-11-27 00:00:00,1\na\rb,c,d\n\nSELECT 2,,\n", **CSV)
    assert {len(one) for one in sql} == {len(long), len("SELECT 2")}
    assert len(said) == 1
    assert said[0].startswith("The log 'log' has 1 entry not of the format csv")
    assert "the first on line 3;" in said[0]


def test_lines_of_another_shape_between_messages_are_counted(tmp_path: Path) -> None:
    head = "2026-11-27 02:33:27.123 UTC [81] li@shop LOG:  statement: "
    content = f"{head}SELECT 1\n\tFROM t\n\npanic of another program\n{head}SELECT 2\nli@shop SELECT 3\n\tFROM u\n"
    sql, said = read(tmp_path, content, format="postgres-stderr")
    assert sql == ["SELECT 0\nFROM t", "SELECT 0"]
    assert said == [
        "The log 'log' has 3 entries not of the format postgres-stderr or not utf-8 text, the first on line 4; "
        "left out."
    ]


@pytest.mark.parametrize(
    "row", ["SELECT 2,²,", "SELECT 2,,²", f"SELECT 2,,{'9' * 20}", "SELECT 2,2026-11-27 00:00:00+99,", "SELECT 2,1²,5"]
)
def test_a_value_that_is_no_time_and_no_number_costs_its_row_no_more_than_that(tmp_path: Path, row: str) -> None:
    sql, _ = read(tmp_path, f"q,t,n\nSELECT 1 FROM a,,\n{row}\nSELECT 3 FROM b,,\n", **CSV)
    assert len(sql) == 3


def test_half_a_character_and_more_rows_than_a_number_holds_are_written_as_facts_can_hold_them(tmp_path: Path) -> None:
    line = '{"error_severity": "LOG", "user": "l\\ud800i", "message": "statement: SELECT \\"\\ud800\\" FROM t"}\n'
    sql, said = read(tmp_path, line, format="postgres-json")
    assert sql == ['SELECT "\ufffd" FROM t']
    assert len(said) <= 1
    writer = FactWriter(source_id=1)
    counts = {"entries": 2**70, "left_out": 0, "no_flow": 0}
    writer.add("query_log", source_id=1, kind="a\ud800b", has_person=False, has_time=False, **counts)
    ((_, batch),) = writer.batches()
    assert batch.to_pylist()[0]["kind"] == "a\ufffdb"
    assert batch.to_pylist()[0]["entries"] == 2**63 - 1


def test_statements_of_a_slow_log_with_endless_numbers_are_read(tmp_path: Path) -> None:
    many = "9" * 6_000
    content = f"# Time: x\n# Query_time: 1  Rows_sent: {many}\nSET timestamp={many};\nSELECT 1 FROM t;\n"
    assert read(tmp_path, content, format="mysql-slow")[0][0].endswith("SELECT 0 FROM t")
