"""A full plan holds every statement that an audit sends to a database server: compared with the server's own log.

The tables are of every kind that is looked up in a way of its own. The log of the audit is that of the servers; what a
driver says by itself, as the end of a transaction, is not among the statements of the plan.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from _bad_input import night
from _own_servers import mariadb, postgres
from _sources import datasets

from datagov.asked import Asked
from datagov.commands import _plan
from datagov.config import load
from datagov.connectors.mysql import MysqlConnector
from datagov.connectors.postgres import PostgresConnector
from datagov.contracts import DataConnector, Source
from datagov.model import Exit

pytestmark = pytest.mark.server

OF_DRIVERS = re.compile(r"SET AUTOCOMMIT|SET NAMES|BEGIN|COMMIT|ROLLBACK|BEGIN READ ONLY")
PLACEHOLDER = re.compile(r"%s|%\(\w+\)s|…")
KEY = re.compile(r"` (BETWEEN|IN|>=|<) \(?-?\d")
LIMITS = "{sample_rows: 300}"


def printed(folder: Path, source: str, capsys: pytest.CaptureFixture[str], *, full: bool) -> list[str]:
    (folder / "datagov.yaml").write_text(f"platform: p\nlimits: {LIMITS}\nsources: {{core: {source}}}\n")
    capsys.readouterr()
    assert _plan.show(load(folder / "datagov.yaml"), "en", full=full) is Exit.CLEAN
    return capsys.readouterr().out.splitlines()


def planned(folder: Path, source: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Every statement of the full plan."""
    lines = printed(folder, source, capsys, full=True)
    return [line.partition(";  -- ")[0].removesuffix(";") for line in lines if not line.startswith("--")]


def unplanned(sent: Sequence[str], told: Sequence[str]) -> list[str]:
    """Statements that were sent and are not in the plan, in which values are placeholders."""
    patterns = [
        re.compile(".+?".join(re.escape(part.replace("%%", "%")) for part in PLACEHOLDER.split(sql)), re.DOTALL)
        for sql in told
    ]
    found = []
    for sql in sent:
        plain = " ".join(sql.split()).rstrip(";")
        copied = re.fullmatch(r"COPY \((.*)\) TO STDOUT \(FORMAT csv\)", plain)
        plain = copied[1] if copied else plain
        if not OF_DRIVERS.match(plain) and not any(one.fullmatch(plain) for one in patterns):
            found.append(plain)
    return found


def unplanned_where_not_counted(connector: DataConnector, asked: Asked) -> list[str]:
    """What is sent for a sample of each dataset whose rows the harvest did not count, and is not said before."""
    found = []
    for dataset in datasets(connector).values():
        for rows in (300, 10_000):
            uncounted = replace(dataset, row_count=None)
            asked.begin()
            told = [sql for sql, _ in connector.queries(uncounted, rows=rows, seed=7)]
            told += asked.latest
            asked.begin()
            splits = connector.plan(uncounted, rows=rows, seed=7)
            sent = [*asked.latest, *(split.detail["sql"] for split in splits)]
            found += [sql for sql in sent if sql not in told]
    return found


def looked_up(told: Sequence[str], part: str) -> bool:
    return any(part in sql for sql in told)


@contextmanager
def logging_postgres() -> Iterator[Path]:
    psycopg = pytest.importorskip("psycopg", reason="the extra 'postgres' is not installed")
    given = {
        "logging_collector": "on",
        "log_destination": "jsonlog",
        "log_directory": "{}/logs",
        "log_filename": "pg.log",
        "log_file_mode": "0644",
        "log_statement": "all",
    }
    rows = "SELECT n, repeat('x', 200) AS pad FROM generate_series(1, {}) n"
    with postgres(**given) as where:
        with psycopg.connect(f"host={where} user=postgres dbname=postgres", autocommit=True) as connection:
            for sql in (
                "CREATE SCHEMA crm",
                f"CREATE TABLE crm.small AS {rows.format(20)}",
                f"CREATE TABLE crm.large AS {rows.format(20_000)}",
                "CREATE TABLE crm.empty (n int)",
                "CREATE TABLE crm.parts (n int, pad text) PARTITION BY RANGE (n)",
                "CREATE TABLE crm.parts_1 PARTITION OF crm.parts FOR VALUES FROM (0) TO (1000)",
                "CREATE TABLE crm.parts_2 PARTITION OF crm.parts FOR VALUES FROM (1000) TO (9000)",
                f"INSERT INTO crm.parts {rows.format(5_000)}",
                "CREATE VIEW crm.few AS SELECT * FROM crm.small",
                "CREATE VIEW crm.many AS SELECT * FROM crm.large",
                f"CREATE MATERIALIZED VIEW crm.kept AS {rows.format(5_000)}",
                "ANALYZE",
                "CREATE ROLE li LOGIN",
                "GRANT USAGE ON SCHEMA crm TO li",
                "GRANT SELECT ON ALL TABLES IN SCHEMA crm TO li",
            ):
                connection.execute(sql)
        yield where


def sent_to_postgres(where: Path) -> list[str]:
    time.sleep(1)
    lines = [json.loads(line) for line in (where / "logs" / "pg.json").read_text().splitlines()]
    said = [one["message"] for one in lines if one.get("user") == "li"]
    return [re.sub(r"^(statement|execute [^:]*): ", "", one) for one in said if re.match(r"statement|execute", one)]


def test_postgresql_is_sent_in_an_audit_what_the_plan_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with logging_postgres() as where:
        source = f'{{use: postgres, dsn: "postgresql://li@/postgres?host={where}", schemas: [crm]}}'
        told = planned(tmp_path, source, capsys)
        before = len(sent_to_postgres(where))
        audit = night(tmp_path, f"core: {source}", limits=LIMITS).audit
        sent = sent_to_postgres(where)[before:]
        asked = Asked()
        options = {"dsn": f"postgresql://li@/postgres?host={where}", "schemas": ["crm"]}
        connector = PostgresConnector(Source(4, "core", "postgres", options, tmp_path, "", 1, asked=asked))
        uncounted = unplanned_where_not_counted(connector, asked)

    assert audit.exit in (Exit.CLEAN, Exit.FINDINGS)
    assert sum(sql.startswith("COPY") for sql in sent) == 6, "every dataset with rows was read"
    assert unplanned(sent, told) == []
    assert uncounted == []
    assert looked_up(told, "pg_relation_size"), "the blocks of a table"
    assert looked_up(told, "AND a.attnum > 0 AND NOT a.attisdropped"), "the types of its columns"


@contextmanager
def logging_mariadb() -> Iterator[Path]:
    pymysql = pytest.importorskip("pymysql", reason="the extra 'mysql' is not installed")
    with mariadb("--general-log", "--log-output=TABLE", "--innodb-stats-auto-recalc=0") as where:
        with closing(pymysql.connect(unix_socket=str(where / "socket"), user="root", autocommit=True)) as connection:
            for sql in (
                "CREATE DATABASE crm",
                "USE crm",
                "CREATE TABLE small (id int PRIMARY KEY, pad varchar(200))",
                "INSERT INTO small SELECT seq, 'x' FROM seq_1_to_20",
                "CREATE TABLE dense (id int PRIMARY KEY, pad varchar(200))",
                "INSERT INTO dense SELECT seq, REPEAT('x', 200) FROM seq_1_to_9000",
                "CREATE TABLE gaps (id bigint PRIMARY KEY, pad varchar(200))",
                "INSERT INTO gaps SELECT seq * seq * 1000, REPEAT('x', 200) FROM seq_1_to_9000",
                "CREATE TABLE digits (id char(32) PRIMARY KEY, pad varchar(200))",
                "INSERT INTO digits SELECT MD5(seq), REPEAT('x', 200) FROM seq_1_to_9000",
                "CREATE TABLE nokey (a varchar(20), pad varchar(200))",
                "INSERT INTO nokey SELECT seq, REPEAT('x', 200) FROM seq_1_to_9000",
                "CREATE TABLE empty (id int PRIMARY KEY)",
                "CREATE VIEW few AS SELECT * FROM small",
                "CREATE VIEW many AS SELECT * FROM dense",
                "ANALYZE TABLE small, dense, gaps, digits, nokey, empty",
                "CREATE USER li IDENTIFIED BY 'geheim'",
                "GRANT SELECT, SHOW VIEW ON crm.* TO li",
            ):
                connection.cursor().execute(sql)
        yield where


def sent_to_mariadb(where: Path) -> list[str]:
    import pymysql

    with closing(pymysql.connect(unix_socket=str(where / "socket"), user="root")) as connection:
        cursor: Any = connection.cursor()
        cursor.execute(
            "SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log"
            " WHERE user_host LIKE 'li[%' AND command_type = 'Query' ORDER BY event_time"
        )
        return [str(sql) for (sql,) in cursor.fetchall()]


def test_mariadb_is_sent_in_an_audit_what_the_plan_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "secret").write_text("geheim")
    with logging_mariadb() as where:
        source = f"{{use: mysql, socket: {where / 'socket'}, user: li, databases: [crm], password: 'file:secret'}}"
        short = printed(tmp_path, source, capsys, full=False)
        told = planned(tmp_path, source, capsys)
        before = len(sent_to_mariadb(where))
        audit = night(tmp_path, f"core: {source}", limits=LIMITS).audit
        sent = sent_to_mariadb(where)[before:]
        asked = Asked()
        options = {"socket": str(where / "socket"), "user": "li", "databases": ["crm"], "password": "file:secret"}
        connector = MysqlConnector(Source(4, "core", "mysql", options, tmp_path, "", 1, asked=asked))
        uncounted = unplanned_where_not_counted(connector, asked)

    assert audit.exit in (Exit.CLEAN, Exit.FINDINGS)
    assert unplanned(sent, told) == []
    assert uncounted == []
    assert len(sent) > 40
    (at,) = [n for n, line in enumerate(short) if line == "--   crm.gaps: 9,000 rows"]
    number = re.search(r"is looked up \(.*\) by (\d+) statements; --plan=full prints them", short[at + 1])
    assert number is not None
    assert int(number[1]) > 3
    assert not looked_up(short, "EXPLAIN")
    assert not [sql for sql in (*told, *short) if KEY.search(sql)], "it may be that of a row"
    assert looked_up(short, "WHERE (d.`id` IN (…))"), "of dense every number is a row's"
    assert looked_up(short, "WHERE (d.`id` BETWEEN … AND … OR …")
    assert sum("stands for numbers of a key" in line for line in short) == 1
    for table in ("dense", "gaps"):
        assert looked_up(told, f"SELECT MIN(`id`), MAX(`id`) FROM `crm`.`{table}`")
    for table in ("gaps", "digits"):
        assert looked_up(told, f"EXPLAIN (SELECT `id` FROM `crm`.`{table}`")
