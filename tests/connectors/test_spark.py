"""The spark connector beyond its promises: partitions, types, views, foreign formats, and metastores that fail."""

from __future__ import annotations

import base64
import datetime
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.orc as pa_orc
import pyarrow.parquet as pq
import pytest
from _lakes import columns, problems, ref, rows
from _metastore import Server
from _sources import harvested

from datagov.connectors._hive_thrift import BOOL, LIST, STRING
from datagov.connectors._spark_files import can_be_read
from datagov.connectors._spark_relation import Relation
from datagov.connectors.spark import SparkConnector, _hindrance
from datagov.contracts import Access, Source
from datagov.errors import ConfigError, SourceError
from datagov.testing import CANARY


def lake(folder: Path, name: str, table: pa.Table, *, file: str = "part-0", **options: Any) -> str:
    place = folder / "lake" / name
    place.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, place / file, **options)
    return f"file:{place}"


def dataset(connector: SparkConnector, name: str) -> dict[str, Any]:
    (found,) = [row for row in harvested(connector)["dataset"] if row["name"] == name]
    return found


@pytest.mark.heavy
def test_a_table_has_owner_comment_statistics_location_and_a_declared_owner(
    hive: Server, crm: str, tmp_path: Path
) -> None:
    place = lake(tmp_path, "person", pa.table({"id": [1, 2]}))
    told = {"comment": "people", "numRows": "7", "data_owner": "ann@example.org"}
    hive.table(crm, "person", [("id", "bigint", "the key")], place, properties=told)
    connector = SparkConnector(hive.source(tmp_path, crm, owner_property="data_owner"))

    found = dataset(connector, "crm.person")
    facts = harvested(connector)

    assert (found["namespace"], found["location"]) == (f"hive://127.0.0.1:{hive.port}", "lake/person")
    assert (found["holder"], found["comment"]) == ("li.wei", "people")
    assert (found["row_count"], found["row_estimate"]) == (2, 7)
    assert [row["comment"] for row in facts["column"]] == ["the key"]
    assert [(row["selector"], row["principal"]) for row in facts["owner_assertion"]] == [
        ("crm.person", "ann@example.org")
    ]


@pytest.mark.heavy
def test_fields_of_nested_columns_are_columns_also_by_the_schema_that_spark_keeps(
    hive: Server, crm: str, tmp_path: Path
) -> None:
    place = lake(tmp_path, "any", pa.table({"id": [1]}))
    hive.table(crm, "by_hive", [("who", "struct<mail:string,tags:array<map<string,int>>>")], place)
    field = {"name": "Who", "type": "string", "nullable": True, "metadata": {"__CHAR_VARCHAR_TYPE_STRING": "char(5)"}}
    schema = json.dumps({"type": "struct", "fields": [field]})
    kept = {
        "spark.sql.sources.provider": "parquet",
        "spark.sql.sources.schema.numParts": "2",
        "spark.sql.sources.schema.part.0": schema[:20],
        "spark.sql.sources.schema.part.1": schema[20:],
    }
    hive.table(crm, "by_spark", [("who", "string")], place, properties=kept)
    connector = SparkConnector(hive.source(tmp_path, crm))

    assert columns(connector, "crm.by_hive") == {
        "who": "struct<mail:string,tags:array<map<string,int>>>",
        "who.mail": "string",
        "who.tags.*.key": "string",
        "who.tags.*.value": "int",
    }
    assert columns(connector, "crm.by_spark") == {"Who": "char(5)"}


@pytest.mark.heavy
def test_only_files_of_known_partitions_are_rows_wherever_they_lie(hive: Server, crm: str, tmp_path: Path) -> None:
    for day in (1, 2, 3):
        lake(tmp_path, f"event/day={day}", pa.table({"id": [day]}))
    elsewhere = lake(tmp_path, "moved", pa.table({"ID": [9]}))
    place = f"file:{tmp_path}/lake/event"
    hive.table(crm, "event", [("id", "bigint")], place, partitions=[("day", "int")])
    for day in ("1", "2"):
        hive.partition(crm, "event", [day], f"{place}/day={day}")
    hive.partition(crm, "event", ["9"], elsewhere)
    connector = SparkConnector(hive.source(tmp_path, crm))

    assert rows(connector, "crm.event") == {"id": [1, 2, 9], "day": [1, 2, 9]}
    assert dataset(connector, "crm.event")["row_count"] == 3


@pytest.mark.heavy
def test_cells_have_the_types_that_the_catalog_declares(hive: Server, crm: str, tmp_path: Path) -> None:
    far = datetime.datetime(9999, 12, 31, 23, 59, 59, 123456)
    made = pa.table(
        {
            "at": pa.array([far], pa.timestamp("us")),
            "money": pa.array([Decimal("1.50")], pa.decimal128(10, 2)),
            "name": pa.array([b"ab   "], pa.binary()),
            "small": pa.array([7], pa.int32()),
            "raw": pa.array([b"\x00\xff"], pa.binary()),
            "props": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int32())),
        }
    )
    place = lake(tmp_path, "typed", made, use_deprecated_int96_timestamps=True)
    kinds = ("timestamp", "decimal(10,2)", "char(5)", "bigint", "binary", "map<string,int>")
    hive.table(crm, "typed", list(zip(made.column_names, kinds, strict=True)), place)
    connector = SparkConnector(hive.source(tmp_path, crm))

    assert rows(connector, "crm.typed") == {
        "at": [far.replace(tzinfo=datetime.UTC)],
        "money": [Decimal("1.50")],
        "name": ["ab"],
        "small": [7],
        "raw": [b"\x00\xff"],
        "props": [[("k", 1)]],
    }


@pytest.mark.heavy
def test_orc_files_without_names_are_read_by_place(hive: Server, crm: str, tmp_path: Path) -> None:
    place = tmp_path / "lake" / "old"
    place.mkdir(parents=True)
    pa_orc.write_table(pa.table({"_col0": [1], "_col1": ["x"]}), place / "000000_0")
    hive.table(crm, "old", [("id", "bigint"), ("name", "string")], f"file:{place}", form="orc")

    assert rows(SparkConnector(hive.source(tmp_path, crm)), "crm.old") == {"id": [1], "name": ["x"]}


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("query", "properties", "dialect", "script"),
    [
        (
            "select id from person",
            {"spark.sql.create.version": "4.3.0", "view.catalogAndNamespace.part.1": "risk"},
            "spark",
            "USE `risk`;\nCREATE VIEW `crm`.`seen` (`id`) AS select id from person",
        ),
        (
            "select `p`.`id` from `crm`.`p`",
            {},
            "hive",
            "USE `crm`;\nCREATE VIEW `crm`.`seen` (`id`) AS select `p`.`id`",
        ),
        (
            f"/* Presto View: {base64.b64encode(json.dumps({'originalSql': 'SELECT 1 id'}).encode()).decode()} */",
            {"presto_view": "true"},
            "trino",
            "SELECT 1 id",
        ),
    ],
    ids=["spark", "hive", "trino"],
)
def test_a_view_is_a_job_in_the_dialect_of_who_made_it_and_its_rows_are_not_read(
    hive: Server, crm: str, tmp_path: Path, query: str, properties: dict[str, str], dialect: str, script: str
) -> None:
    hive.table(crm, "seen", [("id", "bigint")], "", properties=properties, view=query)
    connector = SparkConnector(hive.source(tmp_path, crm))
    facts = harvested(connector)

    assert [(row["name"], row["kind"], row["dialect"]) for row in facts["job"]] == [("crm.seen", "view", dialect)]
    assert script in facts["statement"][0]["sql"]
    assert connector.plan(ref(connector, "crm.seen"), rows=10, seed=1) == []


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("form", "properties", "location", "says"),
    [
        ("sequence", {}, "file:{}/lake/any", "SequenceFileInputFormat, whose files are no text"),
        ("text", {"skip.footer.line.count": "1"}, "file:{}/lake/any", "leaves out lines at the end"),
        ("custom", {}, "file:{}/lake/any", "its SerDe alone knows"),
        ("parquet", {"spark.sql.sources.provider": "delta"}, "file:{}/lake/any", "has no version in its log"),
        ("parquet", {"table_type": "ICEBERG"}, "file:{}/lake/any", "whose metadata the catalog does not name"),
        ("parquet", {"spark.sql.sources.provider": "hudi"}, "file:{}/lake/any", "is a Hudi table"),
        ("parquet", {"spark.sql.sources.provider": "jdbc"}, "file:{}/lake/any", "in jdbc"),
        ("parquet", {}, "file:{}/lake/gone", "a folder that is gone"),
    ],
)
def test_a_table_whose_rows_cannot_be_read_is_a_sentence_and_keeps_its_columns(
    hive: Server, crm: str, tmp_path: Path, form: str, properties: dict[str, str], location: str, says: str
) -> None:
    lake(tmp_path, "any", pa.table({"id": [1]}))
    hive.table(crm, "good", [("id", "bigint")], f"file:{tmp_path}/lake/any")
    place = location.format(tmp_path)
    hive.table(crm, "bad", [("id", "bigint")], place, form=form, properties=properties)
    if place.endswith("gone"):
        (tmp_path / "lake" / "gone").rmdir()
    connector = SparkConnector(hive.source(tmp_path, crm))

    found = problems(connector)

    assert list(found) == ["crm.bad"]
    assert says in found["crm.bad"] and found["crm.bad"].endswith(".")
    assert str(tmp_path) not in found["crm.bad"]
    assert columns(connector, "crm.bad") == {"id": "bigint"}
    assert dataset(connector, "crm.bad")["change_token"] is None
    with pytest.raises(SourceError, match=r"crm\.bad"):
        rows(connector, "crm.bad")
    assert rows(connector, "crm.good") == {"id": [1]}


@pytest.mark.heavy
def test_a_damaged_file_is_a_sentence_without_cells_and_the_other_tables_are_read(
    hive: Server, crm: str, tmp_path: Path
) -> None:
    good = lake(tmp_path, "good", pa.table({"id": [1]}))
    bad = lake(tmp_path, "bad", pa.table({"note": [CANARY] * 9}))
    path = tmp_path / "lake" / "bad" / "part-0"
    path.write_bytes(path.read_bytes()[:-20])
    hive.table(crm, "good", [("id", "bigint")], good)
    hive.table(crm, "bad", [("note", "string")], bad)
    connector = SparkConnector(hive.source(tmp_path, crm))

    assert "'part-0' is damaged" in problems(connector)["crm.bad"]
    assert CANARY not in problems(connector)["crm.bad"]
    assert rows(connector, "crm.good") == {"id": [1]}


@pytest.mark.heavy
def test_below_aggregates_nothing_is_counted_and_what_cannot_be_read_does_not_matter(
    hive: Server, crm: str, tmp_path: Path
) -> None:
    place = lake(tmp_path, "person", pa.table({"id": [1]}))
    hive.table(crm, "person", [("id", "bigint")], place)
    hive.table(crm, "text", [("id", "bigint")], place, form="sequence")
    connector = SparkConnector(replace(hive.source(tmp_path, crm), access=Access.METADATA))

    assert dataset(connector, "crm.person")["row_count"] is None
    assert problems(connector) == {}


@pytest.mark.heavy
def test_the_change_token_follows_files_and_nothing_else(hive: Server, crm: str, tmp_path: Path) -> None:
    place = lake(tmp_path, "person", pa.table({"id": [1]}))
    hive.table(crm, "person", [("id", "bigint")], place)
    connector = SparkConnector(hive.source(tmp_path, crm))
    before, again = (dataset(connector, "crm.person")["change_token"] for _ in range(2))
    lake(tmp_path, "person", pa.table({"id": [2]}), file="part-1")

    assert before == again
    assert dataset(connector, "crm.person")["change_token"] != before


@pytest.mark.heavy
def test_the_change_token_follows_the_value_of_a_partition_whose_files_stay(
    hive: Server, crm: str, tmp_path: Path
) -> None:
    moved = lake(tmp_path, "moved", pa.table({"id": [9]}))
    lake(tmp_path, "event", pa.table({"id": [1]}))
    hive.table(crm, "event", [("id", "bigint")], f"file:{tmp_path}/lake/event", partitions=[("city", "string")])
    hive.partition(crm, "event", ["北京"], moved)
    connector = SparkConnector(hive.source(tmp_path, crm))
    before = dataset(connector, "crm.event")["change_token"]
    with hive.wire() as wire:
        wire.call("drop_partition", (1, STRING, crm), (2, STRING, "event"), (3, LIST, ["北京"]), (4, BOOL, False))
    hive.partition(crm, "event", ["13800138000"], moved)

    assert rows(connector, "crm.event") == {"id": [9], "city": ["13800138000"]}
    assert dataset(connector, "crm.event")["change_token"] != before


@pytest.mark.heavy
def test_a_database_that_is_not_there_and_globs_that_leave_nothing_are_named(
    hive: Server, crm: str, tmp_path: Path
) -> None:
    connector = SparkConnector(hive.source(tmp_path, crm, "nowhere", include=["none.*"]))

    assert set(problems(connector)) == {"nowhere", "hive"}


@pytest.mark.parametrize("address", ["http://h:1", "thrift://", "thrift://u:p@h:1", "thrift://h:x", "h:9083"])
def test_an_address_that_is_none_is_refused_without_being_repeated(tmp_path: Path, address: str) -> None:
    with pytest.raises(ConfigError, match="write thrift://host:9083") as error:
        SparkConnector(Source(3, "hive", "spark", {"metastore": address}, tmp_path, "datagov.yaml", 4))

    assert "u:p" not in str(error.value)


@pytest.mark.parametrize(
    ("location", "properties", "readable"),
    [
        ("file:/lake/t", {}, True),
        ("s3a://lake/t", {}, True),
        ("hdfs://nn:8020/lake/t", {}, False),
        ("file:/lake/t", {"transactional": "TRUE"}, False),
    ],
)
def test_files_in_other_stores_and_of_transactional_tables_are_not_read_in_place(
    location: str, properties: dict[str, str], readable: bool
) -> None:
    table = Relation("crm", "t", "table", (), provider="orc", location=location, properties=properties)

    assert can_be_read(table) is readable
    hindrance = _hindrance(table)
    assert (hindrance is None) is readable
    if location.startswith("hdfs:"):
        assert hindrance == "lies in HDFS, which cannot be reached from here; rows are read from local folders and S3."
