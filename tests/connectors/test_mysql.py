"""MySQL and MariaDB themselves: privileges, special types, sampling by key, deadlines and locks, broken connections."""

from collections import Counter
from contextlib import closing
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest
from _mysql import HOST, PORT, SECRET, Proxy, Server, admin
from _sources import datasets, harvested, read

from datagov.connectors._mysql_preflight import dangerous
from datagov.connectors.mysql import MysqlConnector
from datagov.contracts import Source
from datagov.errors import ConfigError, SourceError, SourceLimitError, SourceRefusedError, UsageError

pytestmark = pytest.mark.server


def built(my: Server, database: str, folder: Path, *statements: str, **options: Any) -> MysqlConnector:
    my.run(*statements, database=database)
    return MysqlConnector(my.source(folder, database, **options))


def test_columns_come_with_types_keys_and_comments_and_views_as_jobs(my: Server, database: str, tmp_path: Path) -> None:
    connector = built(
        my,
        database,
        tmp_path,
        "CREATE TABLE t (b varchar(20) COMMENT 'mobile', id bigint unsigned PRIMARY KEY) COMMENT '客户'",
        "CREATE VIEW v (x) AS SELECT b FROM t",
    )
    rows = harvested(connector)

    assert [(row["name"], row["kind"], row["row_count"], row["comment"]) for row in rows["dataset"]] == [
        (f"{database}.t", "table", 0, "客户"),
        (f"{database}.v", "view", None, None),
    ]
    assert [(row["name"], row["nullable"], row["primary_key"], row["comment"]) for row in rows["column"]][:2] == [
        ("b", True, False, "mobile"),
        ("id", False, True, None),
    ]
    assert [(row["name"], row["kind"], row["dialect"]) for row in rows["job"]] == [(f"{database}.v", "view", "mysql")]
    assert rows["statement"][0]["sql"].startswith(f"CREATE VIEW `{database}`.`v` (`x`) AS select")
    assert [row["kind"] for row in rows["problem"]] == ["grants_hidden"]


POWERS = {
    "inserts": ("GRANT INSERT ON {1}.* TO {0}", "INSERT on"),
    "writes one column": ("GRANT UPDATE (a) ON {1}.t TO {0}", "UPDATE on"),
    "reads files": ("GRANT FILE ON *.* TO {0}", "FILE on *.*"),
    "runs routines": ("GRANT EXECUTE ON {1}.* TO {0}", "EXECUTE on"),
    "passes it on": ("GRANT SELECT ON {1}.* TO {0} WITH GRANT OPTION", "GRANT OPTION on"),
    "does everything": ("GRANT ALL ON *.* TO {0}", "ALL PRIVILEGES on *.*"),
    "can take a role": ("GRANT {0}_role TO {0}", "DELETE on"),
}


@pytest.mark.parametrize("power", POWERS)
def test_an_account_that_may_do_more_than_read_is_refused_unless_somebody_insists(
    my: Server, database: str, tmp_path: Path, power: str
) -> None:
    account = f"{my.reader}_p"
    grant, says = (text.format(account, database) for text in POWERS[power])
    built(my, database, tmp_path, "CREATE TABLE t (a int)")
    my.run(
        f"CREATE OR REPLACE USER {account} IDENTIFIED BY '{SECRET}'",
        f"CREATE OR REPLACE ROLE {account}_role",
        f"GRANT DELETE ON {database}.* TO {account}_role",
        f"GRANT SELECT ON {database}.* TO {account}",
    )
    try:
        my.run(grant)
        with pytest.raises(SourceRefusedError) as refused:
            harvested(MysqlConnector(my.source(tmp_path, database, user=account)))
        insisting = MysqlConnector(my.source(tmp_path, database, user=account, allow_privileged=True))

        assert says in str(refused.value)
        assert f"GRANT SELECT, SHOW VIEW ON `{database}`.* TO reader" in str(refused.value)
        assert SECRET not in str(refused.value)
        assert [row["name"] for row in harvested(insisting)["dataset"]] == [f"{database}.t"]
    finally:
        my.run(f"DROP USER {account}", f"DROP ROLE {account}_role")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("GRANT USAGE ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '*0'", []),
        ("GRANT SELECT (`a`, `insert,b`), SHOW VIEW ON `d`.`t` TO `a`@`%`", []),
        ("GRANT `role` TO `a`@`%`", []),
        ("GRANT SELECT, SOMETHING_NEW ON *.* TO `a`@`%`", ["SOMETHING_NEW"]),
        ("GRANT PROXY ON ''@'%' TO 'a'@'%' WITH GRANT OPTION", ["PROXY", "GRANT OPTION"]),
        ("REVOKE INSERT ON `d`.* FROM `a`@`%`", ["a grant that cannot be read"]),
    ],
)
def test_what_is_not_known_to_be_harmless_is_a_power(line: str, found: list[str]) -> None:
    assert dangerous(line) == found


@pytest.mark.parametrize(
    ("type_", "literal", "comes"),
    [
        ("bigint unsigned", "18446744073709551615", 2**64 - 1),
        ("int(6) unsigned zerofill", "42", 42),
        ("tinyint(1)", "7", 7),
        ("bit(9)", "b'100000001'", 257),
        ("year", "1990", 1990),
        ("float", "0.1", 0.10000000149011612),
        ("decimal(65,30)", "12345678901234567890123456789012345.5", "12345678901234567890123456789012345.5" + "0" * 29),
        ("date", "'0000-00-00'", "0000-00-00"),
        ("datetime(6)", "'1990-03-07 08:09:10.000001'", "1990-03-07 08:09:10.000001"),
        ("time", "'-838:59:59'", "-838:59:59"),
        ("timestamp null", "'1990-03-07 08:09:10'", "1990-03-07 08:09:10"),
        ("enum('a','长')", "'长'", "长"),
        ("set('a','b')", "'a,b'", "a,b"),
        ("json", """'{"a": [1]}'""", '{"a": [1]}'),
        ("point", "POINT(1, 2)", "POINT(1 2)"),
        ("binary(2)", "X'00FF'", b"\x00\xff"),
        ("varbinary(3)", "''", b""),
        ("varchar(9) character set latin1", "'é€'", "é€"),
        ("varchar(9) character set gbk", "'张三'", "张三"),
        ("char(3)", "'a'", "a"),
        ("text", "''", ""),
        ("text", "'NULL'", "NULL"),
        ("text", "'a\\nb\\0c'", "a\nb\0c"),
    ],
)
def test_every_type_arrives_without_loss(my: Server, database: str, tmp_path: Path, type_, literal, comes) -> None:
    connector = built(
        my,
        database,
        tmp_path,
        f"CREATE TABLE t (a {type_})",
        "SET sql_mode = '', time_zone = '+00:00'",
        f"INSERT INTO t VALUES ({literal}), (NULL)",
    )

    assert read(connector, datasets(connector)[f"{database}.t"])["a"].to_pylist() == [comes, None]


@pytest.mark.parametrize("length", [0, 1, 250, 251, 252, 65_535, 65_536, 65_540, 200_000])
def test_cells_of_every_length_arrive_or_are_cut_and_counted(
    my: Server, database: str, tmp_path: Path, length: int
) -> None:
    connector = built(
        my, database, tmp_path, "CREATE TABLE t (a longtext, z int)", f"INSERT INTO t VALUES (REPEAT('x', {length}), 5)"
    )
    table = read(connector, datasets(connector)[f"{database}.t"])

    assert (len(table["a"][0].as_py()), table["z"].to_pylist()) == (min(length, 65_536), [5])
    assert (table.schema.field("a").metadata or {}) == ({b"cut": b"1"} if length > 65_536 else {})


KEYS = {
    "dense": ("n bigint PRIMARY KEY", "seq"),
    "with gaps": ("n bigint PRIMARY KEY", "seq * 1000"),
    "dense at first and sparse later": ("n bigint PRIMARY KEY", "IF(seq < 20000, seq, seq * 1000000)"),
    "with one key far away": ("n bigint unsigned PRIMARY KEY", "IF(seq = 39999, 18446744073709551615, seq)"),
    "of digests": ("n char(32) PRIMARY KEY", "MD5(seq)"),
    "of no kind": ("n int", "seq"),
}


@pytest.mark.parametrize("kind", KEYS)
def test_every_tenth_of_a_table_is_sampled_alike_whatever_its_keys(
    my: Server, database: str, tmp_path: Path, kind: str
) -> None:
    column, value = KEYS[kind]
    connector = built(
        my,
        database,
        tmp_path,
        f"CREATE TABLE t ({column}, place int)",
        f"INSERT INTO t SELECT {value}, seq FROM seq_0_to_39999",
        "ANALYZE TABLE t",
    )
    dataset = datasets(connector)[f"{database}.t"]
    tenths: Counter[int] = Counter()
    for seed in range(8):
        places = read(connector, dataset, rows=500, seed=seed)["place"].to_pylist()
        assert len(set(places)) == len(places) <= 500
        tenths.update(place // 4_000 for place in places)

    assert set(tenths) == set(range(10))
    assert min(tenths.values()) > 0.65 * sum(tenths.values()) / 10
    assert max(tenths.values()) < 1.35 * sum(tenths.values()) / 10
    assert sum(tenths.values()) > 8 * 350


LARGE = {
    "dense": ("n bigint PRIMARY KEY", "seq", lambda seq: seq),
    "with gaps": ("n bigint PRIMARY KEY", "seq * 1000", lambda seq: seq),
    "dense, and another key beside": ("n bigint, m int, PRIMARY KEY (n, m)", "seq, 1", lambda seq: seq),
    "of digests": ("n char(32) PRIMARY KEY", "MD5(seq)", lambda seq: md5(str(seq).encode()).hexdigest()),
    "of bytes": ("n binary(16) PRIMARY KEY", "UNHEX(MD5(seq))", lambda seq: md5(str(seq).encode()).hexdigest()),
}


@pytest.mark.parametrize("kind", LARGE)
def test_a_sample_of_a_table_of_many_blocks_reads_few_of_them_from_everywhere(
    my: Server, database: str, tmp_path: Path, kind: str
) -> None:
    column, value, key = LARGE[kind]
    connector = built(
        my,
        database,
        tmp_path,
        f"CREATE TABLE t ({column}, place int, padding char(250) CHARACTER SET latin1)",
        f"INSERT INTO t SELECT {value}, seq, REPEAT('x', 250) FROM seq_0_to_59999 ORDER BY 1",
        "ANALYZE TABLE t",
    )
    ((blocks,),) = my.rows(
        "SELECT DATA_LENGTH DIV 16384 FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s", database
    )
    rank = {seq: n for n, seq in enumerate(sorted(range(60_000), key=key))}
    dataset = datasets(connector)[f"{database}.t"]
    tenths: Counter[int] = Counter()
    for seed in range(6):
        places = read(connector, dataset, rows=600, seed=seed)["place"].to_pylist()
        touched = {rank[place] * blocks // 60_000 for place in places}
        tenths.update(rank[place] * 10 // 60_000 for place in places)

        assert 450 < len(set(places)) == len(places) <= 600
        assert 30 < len(touched) < 130 < blocks / 7
    assert set(tenths) == set(range(10))
    assert min(tenths.values()) > 0.5 * sum(tenths.values()) / 10
    assert max(tenths.values()) < 1.6 * sum(tenths.values()) / 10


def test_a_big_table_read_whole_gives_each_row_once(my: Server, database: str, tmp_path: Path) -> None:
    connector = built(
        my,
        database,
        tmp_path,
        "CREATE TABLE t (n int PRIMARY KEY)",
        "INSERT INTO t SELECT seq * 3 FROM seq_1_to_120000",
    )
    dataset = datasets(connector)[f"{database}.t"]

    assert len(connector.plan(dataset, rows=120_000, seed=1)) > 1
    assert sorted(read(connector, dataset, rows=120_000)["n"].to_pylist()) == list(range(3, 360_001, 3))


def test_a_statement_ends_at_its_deadline(my: Server, database: str, tmp_path: Path) -> None:
    connector = built(
        my,
        database,
        tmp_path,
        "CREATE TABLE t (a int)",
        "INSERT INTO t SELECT seq FROM seq_1_to_50",
        "CREATE VIEW slow AS SELECT a, SLEEP(0.2) AS s FROM t",
        statement_seconds=0.5,
    )

    with pytest.raises(SourceLimitError, match="took longer than one statement may"):
        read(connector, datasets(connector)[f"{database}.slow"], rows=10)


def test_a_locked_table_is_a_problem_and_the_rest_comes(my: Server, database: str, tmp_path: Path) -> None:
    connector = built(
        my, database, tmp_path, "CREATE TABLE t (a int)", "CREATE TABLE z (a int)", lock_seconds=1, statement_seconds=9
    )
    with closing(admin(database)) as owner, owner.cursor() as cursor:
        cursor.execute("LOCK TABLE t WRITE")
        rows = harvested(connector)

    assert [(row["object"], row["fatal"]) for row in rows["problem"] if row["fatal"]] == [(f"{database}.t", True)]
    assert "is locked by another connection" in rows["problem"][0]["message"]
    assert {row["name"]: row["row_count"] for row in rows["dataset"]} == {f"{database}.t": None, f"{database}.z": 0}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"dsn": f"mysql://nobody@{HOST}:1"}, "accepts no connection"),
        ({"password": "wrong"}, "refuses this account or its password"),
        ({"dsn": "mysql://nobody@no-such-host.invalid"}, "has a host name that is not known"),
        ({"socket": "nowhere.sock"}, "has no socket at this path"),
        ({"databases": ["no_such_database"]}, None),
    ],
)
def test_a_source_that_fails_is_a_sentence_without_the_password(
    my: Server, database: str, tmp_path: Path, change: dict, says: str | None
) -> None:
    options = {**my.source(tmp_path, database).options, **change}
    connector = MysqlConnector(Source(4, "core", "mysql", options, tmp_path, "datagov.yaml", 9))
    if says is None:
        problem = harvested(connector)["problem"][0]
        assert (problem["kind"], problem["fatal"]) == ("unreadable", True)
        return

    with pytest.raises(SourceError) as failed:
        harvested(connector)

    assert says in str(failed.value)
    assert SECRET not in f"{failed.value}{connector!r}{connector._session!r}"


def test_a_silent_server_and_one_that_breaks_off_are_sentences(my: Server, database: str, tmp_path: Path) -> None:
    connector = built(
        my, database, tmp_path, "CREATE TABLE t (a text)", "INSERT INTO t SELECT REPEAT('x', 900) FROM seq_1_to_5000"
    )
    dataset = datasets(connector)[f"{database}.t"]
    for proxy, says in ((Proxy(mute=True), "does not answer"), (Proxy(cut=500_000), "the connection broke")):
        with closing(proxy):
            source = my.source(tmp_path, database, dsn=f"mysql://{my.reader}@127.0.0.1:{proxy.port}", connect_seconds=1)
            with pytest.raises(SourceError, match=says):
                read(MysqlConnector(source), dataset, rows=5_000)


def test_a_table_dropped_between_plan_and_read_is_a_sentence(my: Server, database: str, tmp_path: Path) -> None:
    connector = built(my, database, tmp_path, "CREATE TABLE t (a int)")
    (split,) = connector.plan(datasets(connector)[f"{database}.t"], rows=10, seed=1)
    my.run("DROP TABLE t", database=database)

    with pytest.raises(SourceError, match="changed while it was read"):
        list(connector.read(split))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"dsn": f"mysql://u:{SECRET}@h/d"}, "'dsn'"),
        ({"dsn": "mysql://u@h:port"}, "'dsn'"),
        ({}, "'dsn'"),
        ({"dsn": "mysql://u@h", "tls": "maybe"}, "'tls'"),
    ],
)
def test_a_wrong_option_names_itself_and_its_place(tmp_path: Path, options: dict, says: str) -> None:
    with pytest.raises(ConfigError, match=r"^datagov\.yaml:9: ") as wrong:
        MysqlConnector(Source(4, "core", "mysql", options, tmp_path, "datagov.yaml", 9))

    assert says in str(wrong.value)
    assert SECRET not in str(wrong.value)


def test_a_url_becomes_options_and_one_with_a_password_does_not() -> None:
    assert MysqlConnector.options_from_url("mariadb://u@h:1/d") == {"dsn": "mysql://u@h:1/d"}
    with pytest.raises(UsageError, match="holds a password"):
        MysqlConnector.options_from_url(f"mysql://u:{SECRET}@h:{PORT}/d")
