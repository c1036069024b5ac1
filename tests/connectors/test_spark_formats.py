"""Tables of a metastore that are no plain Parquet or ORC: text of Hive and Spark, and the lakes' formats."""

from __future__ import annotations

import gzip
import random
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from _lakes import columns, problems, ref, rows
from _metastore import Server
from _sources import harvested

from datagov.connectors import _spark_text as text
from datagov.connectors.spark import SparkConnector
from datagov.testing import CANARY

pytestmark = pytest.mark.heavy


def written(folder: Path, name: str, content: bytes, *, file: str = "000000_0") -> str:
    place = folder / "lake" / name
    place.mkdir(parents=True, exist_ok=True)
    (place / file).write_bytes(gzip.compress(content) if file.endswith(".gz") else content)
    return f"file:{place}"


@pytest.mark.parametrize(
    ("form", "serde", "properties", "content", "comes"),
    [
        ("text", {}, {}, "1\x01张\n\\N\x01\\N\n", {"id": [1, None], "who": ["张", None]}),
        ("text", {"field.delim": ","}, {}, "1,a\n2\n3,c,more\r\n", {"id": [1, 2, 3], "who": ["a", None, "c"]}),
        (
            "text",
            {"field.delim": ",", "escape.delim": "\\"},
            {},
            "1,N\n2,\\N\n3,a\\,b\n",
            {"id": [1, 2, 3], "who": ["N", None, "a,b"]},
        ),
        (
            "text",
            {"field.delim": "|", "serialization.null.format": ""},
            {"skip.header.line.count": "1"},
            'id|who\n1|"x"\n2|\n',
            {"id": [1, 2], "who": ['"x"', None]},
        ),
        ("csv", {}, {}, '1,"a,b"\n2,"say ""x"""\n', {"id": [1, 2], "who": ["a,b", 'say "x"']}),
        (
            "csv",
            {"separatorChar": ";", "quoteChar": "'"},
            {"skip.header.line.count": "1"},
            "id;who\n1;'a;b'\n",
            {"id": [1], "who": ["a;b"]},
        ),
        ("json", {}, {}, '{"ID": 1, "who": "a"}\n\n{"who": null, "x": 2}\n', {"id": [1, None], "who": ["a", None]}),
        (
            "text",
            {"header": "true", "sep": "\t"},
            {"spark.sql.sources.provider": "csv"},
            'id\twho\n1\t"a\tb"\n2\t\n',
            {"id": [1, 2], "who": ["a\tb", None]},
        ),
        ("text", {}, {"spark.sql.sources.provider": "json"}, '{"id": 1, "who": "a"}\n', {"id": [1], "who": ["a"]}),
    ],
    ids=["hive", "delimited", "escaped", "header", "OpenCSV", "OpenCSV'", "JSON", "csv of Spark", "json of Spark"],
)
@pytest.mark.parametrize("file", ["000000_0", "part-0.gz"])
def test_plain_text_is_read_as_its_serde_reads_it(
    hive: Server,
    crm: str,
    tmp_path: Path,
    form: str,
    serde: Mapping[str, str],
    properties: Mapping[str, str],
    content: str,
    comes: dict[str, list[Any]],
    file: str,
) -> None:
    place = written(tmp_path, "t", content.encode(), file=file)
    hive.table(crm, "t", [("id", "bigint"), ("who", "string")], place, form=form, serde=serde, properties=properties)
    connector = SparkConnector(hive.source(tmp_path, crm))

    assert problems(connector) == {}
    assert rows(connector, "crm.t") == comes


@pytest.mark.parametrize(
    ("form", "kind", "serde", "properties", "file", "says"),
    [
        ("text", "array<string>", {}, {}, "f", "arrays, maps or structs in text"),
        ("text", "string", {"serialization.encoding": "GBK"}, {}, "f", "an encoding other than UTF-8"),
        ("text", "string", {"field.delim": "||"}, {}, "f", "more than one character"),
        ("text", "string", {"multiLine": "true"}, {"spark.sql.sources.provider": "csv"}, "f", "multiline"),
        ("text", "string", {}, {}, "f.snappy", "packed in a way that is not known here"),
        ("json", "string", {}, {}, "f", "damaged or not of its format"),
    ],
)
def test_text_that_is_not_plain_is_a_sentence_without_cells(
    hive: Server,
    crm: str,
    tmp_path: Path,
    form: str,
    kind: str,
    serde: Mapping[str, str],
    properties: Mapping[str, str],
    file: str,
    says: str,
) -> None:
    place = written(tmp_path, "t", f"{CANARY}\n".encode(), file=file)
    hive.table(crm, "t", [("who", kind)], place, form=form, serde=serde, properties=properties)
    connector = SparkConnector(hive.source(tmp_path, crm))

    with pytest.raises(Exception, match=says) as error:
        rows(connector, "crm.t")
    assert str(error.value).endswith(".")
    assert CANARY not in f"{error.value}{problems(connector)}"
    assert columns(connector, "crm.t") == {"who": kind}


def test_rows_of_a_large_text_file_come_from_all_over_it(
    hive: Server, crm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "WHOLE_BYTES", 2**20)
    lines = b"".join(b"%d,%s\n" % (n, b"x" * 80) for n in range(100_000))
    place = written(tmp_path, "t", lines)
    columns = [("id", "bigint"), ("who", "string")]
    hive.table(crm, "t", columns, place, form="text", serde={"field.delim": ","})

    found = rows(SparkConnector(hive.source(tmp_path, crm)), "crm.t", rows=400)["id"]

    assert len(set(found)) == len(found) > 300
    assert set(found) <= set(range(100_000))
    assert len({n // 10_000 for n in found}) >= 7


def test_every_line_belongs_to_one_block_however_blocks_cut_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "WHOLE_BYTES", 20_000)
    monkeypatch.setattr(text, "_BLOCK_BYTES", 1_000)
    monkeypatch.setattr(text, "_ON_BYTES", 7)
    draw = random.Random(1)
    sizes = [1] * 500 + [draw.choice([1, 2, 30, 499, 500, 1_000, 2_500]) for _ in range(500)]
    for break_, end in ((b"\n", b"\n"), (b"\r\n", b"\r\n"), (b"\n", b"")):
        lines = [b"%d " % n + b"x" * size for n, size in enumerate(sizes)]
        file = pa.BufferReader(b"heading\n" + break_.join(lines) + end)
        held = text.Text(file, layout=text.Layout("line", header=1), fields=[{"name": "value", "type": "string"}])

        pieces = range(len(held.sizes))
        found = [batch.column(0).to_pylist() for batch in held.batches(groups=pieces, columns=["value"])]

        assert [line.encode() for lines in found for line in lines] == lines
        assert [held.counted(n) for n in pieces] == [len(lines) for lines in found]


def test_what_is_left_behind_the_last_whole_block_is_drawn_from_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "WHOLE_BYTES", 20_000)
    monkeypatch.setattr(text, "_BLOCK_BYTES", 1_000)
    file = pa.BufferReader(b"123456789\n" * 2_500 + b"1\n2\n")
    held = text.Text(file, layout=text.Layout("line"), fields=[{"name": "value", "type": "string"}])

    assert held.sizes[-1] > 0
    assert [held.counted(n) for n in range(len(held.sizes))][-2:] == [100, 1]


def test_a_large_text_file_is_never_said_to_be_read_whole(
    hive: Server, crm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "WHOLE_BYTES", 2**20)
    lines = 3_000
    place = written(tmp_path, "big", b"".join(b"%d\x01%s\n" % (n, b"x" * 1_000) for n in range(lines)))
    hive.table(crm, "big", [("id", "bigint"), ("who", "string")], place, form="text")
    connector = SparkConnector(hive.source(tmp_path, crm))

    (split,) = connector.plan(ref(connector, "crm.big"), rows=1_000_000, seed=1)

    assert sum(batch.num_rows for batch in connector.read(split)) == lines, "those that a block cuts too"
    assert not split.full


@pytest.mark.parametrize(("provider", "library"), [("delta", "deltalake"), ("iceberg", "pyiceberg")])
def test_a_table_whose_library_is_not_installed_is_a_sentence_and_the_others_are_read(
    hive: Server, crm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: str, library: str
) -> None:
    hive.table(crm, "good", [("id", "string")], written(tmp_path, "good", b"1\n"), form="text")
    place = f"file:{tmp_path}/lake/bad"
    told = {"spark.sql.sources.provider": provider, "metadata_location": f"{place}/metadata/v1.metadata.json"}
    hive.table(crm, "bad", [("id", "bigint")], place, properties=told)
    monkeypatch.setitem(sys.modules, library, None)
    connector = SparkConnector(hive.source(tmp_path, crm))

    assert f"pip install 'datagov[{provider}]'" in problems(connector)["crm.bad"]
    assert columns(connector, "crm.bad") == {"id": "bigint"}
    assert rows(connector, "crm.good") == {"id": ["1"]}


def test_a_delta_table_of_the_catalog_is_read_by_its_own_log(hive: Server, crm: str, tmp_path: Path) -> None:
    deltalake = pytest.importorskip("deltalake")
    place = tmp_path / "lake" / "d"
    deltalake.write_deltalake(str(place), pa.table({"id": [1, 2], "mail": ["a@b.cn", "c@d.cn"]}))
    deltalake.DeltaTable(str(place)).delete("id = 2")
    told = {"spark.sql.sources.provider": "delta"}
    hive.table(crm, "d", [("col", "array<string>")], f"file:{place}", properties=told)
    connector = SparkConnector(hive.source(tmp_path, crm))
    (dataset,) = harvested(connector)["dataset"]

    assert problems(connector) == {}
    assert columns(connector, "crm.d") == {"id": "long", "mail": "string"}
    assert rows(connector, "crm.d") == {"id": [1], "mail": ["a@b.cn"]}
    assert (dataset["row_count"], dataset["change_token"].split(":")[-2]) == (1, "1")


def test_an_iceberg_table_of_the_catalog_is_read_by_its_own_metadata(hive: Server, crm: str, tmp_path: Path) -> None:
    sql = pytest.importorskip("pyiceberg.catalog.sql")
    catalog = sql.SqlCatalog("x", uri=f"sqlite:///{tmp_path}/c.db", warehouse=f"file://{tmp_path}/lake")
    catalog.create_namespace("crm")
    made = catalog.create_table("crm.i", pa.schema([("id", pa.int64()), ("mail", pa.string())]))
    made.append(pa.table({"id": [1, 2], "mail": ["a@b.cn", "c@d.cn"]}))
    told = {"table_type": "ICEBERG", "metadata_location": made.metadata_location}
    hive.table(crm, "i", [("id", "bigint"), ("mail", "string")], made.location(), properties=told)
    connector = SparkConnector(hive.source(tmp_path, crm))

    assert problems(connector) == {}
    assert columns(connector, "crm.i") == {"id": "long", "mail": "string"}
    assert rows(connector, "crm.i") == {"id": [1, 2], "mail": ["a@b.cn", "c@d.cn"]}
    assert ref(connector, "crm.i").row_count == 2
