"""What of a log is a query, and that no text of a log takes long to tell."""

from __future__ import annotations

import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from datagov.connectors._packed_lines import lines
from datagov.connectors._querylog_entry import is_query, utc
from datagov.connectors._querylog_mysql import of_general
from datagov.connectors._querylog_postgres import prefix_of

QUERIES = [
    "UNLOAD ('select * from t') TO 's3://b'",
    "EXPORT DATA OPTIONS (uri='gs://b') AS SELECT 1",
    "DECLARE c CURSOR FOR SELECT mobile FROM t",
    "EXPLAIN ANALYZE DELETE FROM t",
    "EXPLAIN (BUFFERS, ANALYZE) DELETE FROM t",
    "explain verbose analyse select 1",
    "REFRESH MATERIALIZED VIEW v",
    "EXEC copy_customers",
    "DO $$ BEGIN INSERT INTO t SELECT 1; END $$",
    "BEGIN; INSERT INTO t SELECT 1",
    "BEGIN INSERT INTO t SELECT 1; END",
    "SET NOCOUNT ON\nINSERT INTO t SELECT 1",
    "SET @a = (SELECT max(id) FROM t)",
    "ALTER TABLE a EXCHANGE PARTITION p WITH TABLE b",
    "ALTER TABLE a RENAME TO b",
    "/* by */ -- me\n(SELECT 1)",
    "/*!50003 CREATE TABLE a AS SELECT 1 */",
    "CREATE USER x; SELECT 1",
]
NO_QUERIES = [
    "",
    " ; ",
    "SET x = 1",
    "/*!40101 SET NAMES utf8 */",
    "/* by me */ COMMIT",
    "BEGIN TRANSACTION ISOLATION LEVEL SERIALIZABLE",
    "START TRANSACTION READ ONLY; SET search_path = a",
    "GRANT SELECT ON t TO li",
    "CREATE ROLE li LOGIN",
    "ALTER USER li VALID UNTIL 'x'",
    "EXPLAIN SELECT 1",
    "SHOW TABLES",
    "USE shop",
]


@pytest.mark.parametrize(("sql", "is_one"), [*((q, True) for q in QUERIES), *((q, False) for q in NO_QUERIES)])
def test_only_what_is_known_to_be_harmless_is_no_query(sql: str, is_one: bool) -> None:
    assert is_query(sql) is is_one


def test_the_time_to_read_a_line_grows_with_its_length_and_no_faster(tmp_path: Path) -> None:
    begun = time.process_time()
    assert is_query("/**/" * 50_000 + "x")
    assert not is_query("/**/" * 50_000)
    assert not is_query("explain (" + "a " * 50_000)
    assert list(of_general([(1, "\t" * 50_000 + "x")], None)) == [1]
    prefix = prefix_of("%m [%p] %q%u@%d ")
    assert prefix.match("2026-11-27 02:33:27.123 UTC [81] " + "@" * 50_000) is None
    assert prefix.match("2026-11-27 02:33:27.123 UTC [81] " + "@" * 1_000 + "LOG:  x") is None
    (tmp_path / "long").write_bytes(b"x" * (40 << 20) + b"\nend")
    assert [(number, len(text)) for number, text in lines(tmp_path / "long")] == [(1, 40 << 20), (2, 3)]
    assert time.process_time() - begun < 5


def test_an_offset_that_no_zone_has_is_no_time() -> None:
    assert utc("2026-11-27 02:33:27+99", None) is None


TIMES = [
    ("2026-11-27 02:33:59.123 UTC", None, "2026-11-27T02:33:59Z"),
    ("2026-11-27 02:33:60 UTC", None, None),
    ("2026-11-27T02:33:07,5+05:30", None, "2026-11-26T21:03:07Z"),
    ("2026-11-27 02:33:07", "Asia/Shanghai", "2026-11-26T18:33:07Z"),
    ("1900-01-01 12:00:30", "Asia/Shanghai", "1900-01-01T03:54:47Z"),
    ("2026-02-30 12:00:30 UTC", None, None),
]


@pytest.mark.parametrize(("text", "zone", "at"), TIMES)
def test_a_time_is_told_to_the_second_also_where_a_zone_was_off_by_seconds(
    text: str, zone: str | None, at: str | None
) -> None:
    assert utc(text, ZoneInfo(zone) if zone else None) == at
    assert utc(text, ZoneInfo(zone) if zone else None) == at
