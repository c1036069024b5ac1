"""Folders of data files: what is a table, what its columns hold, and what is said of files that cannot be read."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.orc
import pyarrow.parquet as pq
import pytest
from _sources import harvested
from moto.server import ThreadedMotoServer

from datagov.connectors.files import FilesConnector
from datagov.contracts import LACKING, DatasetRef, Source
from datagov.errors import ConfigError, SourceError


def source(folder: Path, **options: object) -> Source:
    return Source(3, "lake", "files", {"path": "lake", **options}, folder, "datagov.yaml", 4)


def lake(folder: Path, files: Mapping[str, pa.Table | bytes | str]) -> Path:
    for name, content in files.items():
        path = folder / "lake" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, pa.Table):
            pq.write_table(content, path)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def tables(rows: Mapping[str, list[dict[str, Any]]]) -> dict[str, list[str]]:
    named = {row["dataset_id"]: row["name"] for row in rows["dataset"]}
    return {
        name: [
            f"{c['name']}{'.' + c['field_path'] if c['field_path'] else ''}: {c['data_type']}"
            for c in rows["column"]
            if c["dataset_id"] == dataset_id
        ]
        for dataset_id, name in named.items()
    }


def read(made: FilesConnector, name: str, *, rows: int = 1_000, seed: int = 1) -> dict[str, list[Any]]:
    facts = harvested(made)
    (dataset,) = [row for row in facts["dataset"] if row["name"] == name]
    columns = [(c["column_id"], c["name"]) for c in facts["column"] if c["dataset_id"] == dataset["dataset_id"]]
    ref = DatasetRef(dataset["dataset_id"], name, columns, dataset["row_count"])
    parts = [pa.Table.from_batches(list(made.read(split))) for split in made.plan(ref, rows=rows, seed=seed)]
    whole = pa.concat_tables(parts)
    return {column: whole.column(str(column_id)).to_pylist() for column_id, column in columns}


def problems(rows: Mapping[str, list[dict[str, Any]]]) -> dict[str, str]:
    return {row["object"]: row["message"] for row in rows["problem"]}


PEOPLE = pa.table({"id": [1, 2], "phone": ["13800138000", None]})


def test_a_folder_is_a_table_with_the_columns_of_its_files_and_its_partitions(tmp_path: Path) -> None:
    base = lake(
        tmp_path,
        {
            "person/day=2025-01-01/a.parquet": PEOPLE,
            "person/day=2025-01-02/b.parquet": PEOPLE.append_column("city", pa.array(["北京", "上海"])),
            "person/_SUCCESS": "",
            "single.csv": "a,b\n1,2\n",
        },
    )
    rows = harvested(FilesConnector(source(base)))

    assert tables(rows) == {
        "lake.person": ["id: int64", "phone: string", "city: string", "day: text"],
        "lake.single": ["a: text", "b: text"],
    }
    assert {row["name"]: row["row_count"] for row in rows["dataset"]} == {"lake.person": 4, "lake.single": None}
    assert "problem" not in rows


def test_a_column_that_a_file_lacks_is_null_there_and_partitions_come_from_the_folders(tmp_path: Path) -> None:
    base = lake(
        tmp_path,
        {
            "person/city=%E5%8C%97%E4%BA%AC/a.parquet": PEOPLE,
            "person/city=__HIVE_DEFAULT_PARTITION__/b.parquet": pa.table({"id": [3]}),
        },
    )

    assert read(FilesConnector(source(base)), "lake.person") == {
        "id": [1, 2, 3],
        "phone": ["13800138000", None, None],
        "city": ["北京", "北京", None],
    }


@pytest.mark.parametrize(
    ("depth", "found"),
    [
        (1, ["lake.crm", "lake.top"]),
        (2, ["crm.order", "crm.person", "lake.top"]),
    ],
)
def test_depth_says_how_many_levels_of_folders_name_a_table(tmp_path: Path, depth: int, found: list[str]) -> None:
    base = lake(
        tmp_path,
        {"crm/person/a.csv": "name\nx\n", "crm/order.csv": "total\n1\n", "top.csv": "x\n1\n"},
    )

    assert sorted(tables(harvested(FilesConnector(source(base, depth=depth))))) == found


def test_columns_of_the_last_of_many_text_files_are_listed_and_files_that_were_not_looked_at_are_counted(
    tmp_path: Path,
) -> None:
    files = {f"t/{n:02}.csv": "id\n1\n" if n < 28 else "id,phone\n1,13800138000\n" for n in range(30)}
    long = '{"id": 1}\n' * 900_000 + '{"id": 2, "phone": "13800138000"}\n'
    rows = harvested(FilesConnector(source(lake(tmp_path, {**files, "long.json": long, "short.csv": "id\n1\n"}))))

    assert tables(rows)["lake.t"] == ["id: text", "phone: text"]
    assert problems(rows)["lake.t"].endswith(
        "10 text files of 'lake.t' were not looked at for names of columns, or not beyond 8 MB; columns that only they "
        "have are not listed."
    )
    assert "1 text files of 'lake.long'" in problems(rows)["lake.long"]
    assert not [row for row in rows["problem"] if row["fatal"]]
    assert "lake.short" not in problems(rows)


def test_files_of_one_folder_without_a_common_column_are_probably_several_tables(tmp_path: Path) -> None:
    base = lake(tmp_path, {"crm/person.csv": "name\nx\n", "crm/order.csv": "total\n1\n"})
    rows = harvested(FilesConnector(source(base)))

    assert "set 'depth' one higher" in problems(rows)["lake.crm"]


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("t.csv", 'phone,note\n013800138000,\n007,"two\nlines"\n', {}),
        ("t.tsv", 'phone\tnote\n013800138000\t\n007\t"two\nlines"\n', {}),
        ("t.csv", 'phone;note\n013800138000;\n007;"two\nlines"\n', {"delimiter": ";"}),
        ("t.csv.gz", gzip.compress(b'phone,note\n013800138000,\n007,"two\nlines"\n'), {}),
        ("t.jsonl", '{"phone": "013800138000", "note": null}\n{"phone": "007", "note": "two\\nlines"}\n', {}),
        ("t.json", '[{"phone": "013800138000"}, {"phone": "007", "note": "two\\nlines"}]', {}),
        ("t", 'phone,note\n013800138000,\n007,"two\nlines"\n', {"format": "csv"}),
    ],
    ids=["csv", "tsv", "other delimiter", "packed", "json lines", "json array", "no suffix"],
)
def test_text_files_keep_their_cells_as_they_are_written(
    tmp_path: Path, name: str, content: bytes | str, options: dict[str, str]
) -> None:
    made = FilesConnector(source(lake(tmp_path, {name: content}), **options))

    assert read(made, "lake.t") == {"phone": ["013800138000", "007"], "note": [None, "two\nlines"]}


def test_a_file_without_a_header_and_in_another_encoding(tmp_path: Path) -> None:
    base = lake(tmp_path, {"t.csv": "张三,北京\n李四,上海\n".encode("gb18030")})
    made = FilesConnector(source(base, header=False, encoding="gb18030"))

    assert read(made, "lake.t") == {"f0": ["张三", "李四"], "f1": ["北京", "上海"]}


def test_cells_that_are_not_utf8_are_decoded_with_the_replacement_character(tmp_path: Path) -> None:
    base = lake(tmp_path, {"t.csv": b"name\n\xff\xfe\nfine\n"})

    assert read(FilesConnector(source(base)), "lake.t") == {"name": ["\ufffd\ufffd", "fine"]}


def test_files_that_disagree_about_a_type_are_read_as_text(tmp_path: Path) -> None:
    base = lake(
        tmp_path,
        {
            "t/a.parquet": pa.table({"v": pa.array([1, 2], pa.int32())}),
            "t/b.parquet": pa.table({"v": ["x"]}),
            "t/c.parquet": pa.table({"v": [{"k": 1}]}),
        },
    )

    assert read(FilesConnector(source(base)), "lake.t") == {"v": ["1", "2", "x", '{"k": 1}']}


def test_a_damaged_file_is_named_and_its_neighbours_are_read(tmp_path: Path) -> None:
    base = lake(tmp_path, {"t/a.parquet": PEOPLE, "t/b.parquet": b"PAR1 not at all PAR1"})
    cut = (base / "lake/t/a.parquet").read_bytes()[:-20]
    (base / "lake/t/c.parquet").write_bytes(cut)
    made = FilesConnector(source(base))
    rows = harvested(made)

    assert set(problems(rows)) == {"t/b.parquet", "t/c.parquet"}
    assert all(row["fatal"] for row in rows["problem"])
    assert read(made, "lake.t")["id"] == [1, 2]


def test_a_table_of_which_no_file_can_be_read_is_never_clean(tmp_path: Path) -> None:
    base = lake(tmp_path, {"t/b.parquet": b"no"})

    assert "nothing is known of it" in problems(harvested(FilesConnector(source(base))))["lake.t"]


def test_a_partition_whose_name_begins_with_an_underscore_is_data(tmp_path: Path) -> None:
    base = lake(tmp_path, {"t/_day=1/a.parquet": PEOPLE, "t/day=2/b.parquet": PEOPLE, "t/_tmp/c.parquet": PEOPLE})

    found = read(FilesConnector(source(base)), "lake.t")

    assert sorted(map(str, found["_day"])) == ["1", "1", "None", "None"]


@pytest.mark.parametrize(
    ("marker", "kind"),
    [("t/_delta_log/00000000000000000000.json", "Delta"), ("t/metadata/v1.metadata.json", "Iceberg")],
)
def test_the_plain_files_of_a_table_format_are_not_taken_for_its_rows(tmp_path: Path, marker: str, kind: str) -> None:
    base = lake(tmp_path, {marker: "{}", "t/part-0.parquet": PEOPLE})
    rows = harvested(FilesConnector(source(base)))

    assert f"is a {kind} table" in problems(rows)["t"]
    assert f"'use: {kind.lower()}'" in problems(rows)["t"]
    assert "dataset" not in rows


@pytest.mark.parametrize("marker", ["_delta_log/00000000000000000000.json", "metadata/v1.metadata.json"])
@pytest.mark.parametrize(
    ("inside", "options"),
    [("t/", {"include": ["*.parquet"]}), ("t/", {"exclude": ["*.json"]}), ("", {}), ("t/", {"path": "lake/t"})],
)
def test_neither_globs_nor_the_root_hide_that_a_table_format_manages_the_files(
    tmp_path: Path, marker: str, inside: str, options: dict[str, object]
) -> None:
    base = lake(tmp_path, {f"{inside}{marker}": "{}", f"{inside}part-0.parquet": PEOPLE})
    rows = harvested(FilesConnector(source(base, **options)))

    assert list(problems(rows)) == ["t" if inside else "lake"]
    assert all("may hold deleted rows, so they were not read" in one for one in problems(rows).values())
    assert "dataset" not in rows


@pytest.mark.parametrize("inside", ["t/", ""])
def test_the_plain_files_of_a_hudi_table_are_not_taken_for_its_rows(tmp_path: Path, inside: str) -> None:
    base = lake(tmp_path, {f"{inside}.hoodie/hoodie.properties": "", f"{inside}a.parquet": PEOPLE})
    rows = harvested(FilesConnector(source(base)))

    assert "is a Hudi table; its plain files may hold deleted rows" in problems(rows)["t" if inside else "lake"]
    assert "dataset" not in rows


def test_a_table_of_a_format_that_is_excluded_is_no_problem(tmp_path: Path) -> None:
    base = lake(tmp_path, {"t/_delta_log/0.json": "{}", "t/part-0.parquet": PEOPLE, "u/part-0.parquet": PEOPLE})

    assert problems(harvested(FilesConnector(source(base, exclude=["t/*"])))) == {}


PERSON = pa.struct([("email", pa.string()), ("phones", pa.list_(pa.string()))])
NESTED = pa.table(
    {
        "who": pa.array([{"email": "a@x.org", "phones": ["1"]}], PERSON),
        "all": pa.array([[{"email": "b@x.org", "phones": None}]], pa.list_(PERSON)),
        "props": pa.array([[("k", {"email": "c@x.org"})]], pa.map_(pa.string(), PERSON)),
        "tags": [["x"]],
    }
)
FIELDS = {
    "who.email": "string",
    "who.phones": "list<element: string>",
    "all.email": "string",
    "all.phones": "list<element: string>",
    "props.*.key": "string",
    "props.*.value": "struct<email: string, phones: list<element: string>>",
}


def fields(rows: Mapping[str, list[dict[str, Any]]]) -> dict[str, str]:
    return {f"{c['name']}.{c['field_path']}": c["data_type"] for c in rows["column"] if c["field_path"]}


def test_fields_of_structs_lists_and_maps_are_columns_of_their_own(tmp_path: Path) -> None:
    base = lake(tmp_path, {"t/a.parquet": NESTED})
    (base / "lake/u").mkdir()
    pyarrow.orc.write_table(NESTED, str(base / "lake/u/a.orc"))
    parquet = harvested(FilesConnector(source(base, include=["t/*"])))

    assert fields(parquet) == FIELDS
    assert fields(harvested(FilesConnector(source(base, include=["u/*"])))).keys() == FIELDS.keys()


def test_keys_of_json_objects_may_be_data_and_are_not_listed(tmp_path: Path) -> None:
    base = lake(tmp_path, {"t.jsonl": '{"who": {"a@x.org": 1}}\n'})

    rows = harvested(FilesConnector(source(base)))

    assert fields(rows) == {}
    assert [row["data_type"] for row in rows["column"]] == ["struct"]


def test_more_fields_than_are_listed_are_counted(tmp_path: Path) -> None:
    wide = pa.struct([(f"f{n}", pa.int64()) for n in range(1_200)])
    base = lake(tmp_path, {"t.parquet": pa.table({"w": pa.array([None], wide)})})
    rows = harvested(FilesConnector(source(base)))

    assert len(fields(rows)) == 1_000
    assert "200 fields inside columns" in problems(rows)["lake.t"]


def test_files_of_no_known_format_are_counted(tmp_path: Path) -> None:
    base = lake(tmp_path, {"a.csv": "x\n1\n", "manual.pdf": b"%PDF", "notes.docx": b"PK"})

    assert "2 files of no known format" in problems(harvested(FilesConnector(source(base))))["manual.pdf"]


def test_a_line_without_end_is_a_sentence(tmp_path: Path) -> None:
    base = lake(tmp_path, {"t.csv": b"name\n" + b"x" * (40 * 2**20)})

    with pytest.raises(SourceError, match="longer than 8 MB"):
        read(FilesConnector(source(base)), "lake.t")
    assert tables(harvested(FilesConnector(source(base)))) == {"lake.t": ["name: text"]}


def test_a_sample_of_a_large_text_file_reaches_all_of_it_and_reads_little(tmp_path: Path) -> None:
    lines = b"".join(b"%08d,%s\n" % (n, b"y" * 90) for n in range(120_000))
    base = lake(tmp_path, {"t.csv": b"n,filler\n" + lines})
    made = FilesConnector(source(base, text_mb=1))
    numbers = [int(n) for n in read(made, "lake.t", rows=800)["n"]]

    assert 400 <= len(numbers) <= 800
    assert len(set(numbers)) == len(numbers)
    assert {n * 16 // 120_000 for n in numbers} == set(range(16))
    assert read(made, "lake.t", rows=800)["n"] == [f"{n:08d}" for n in numbers]


def test_of_a_large_text_file_lines_are_as_likely_wherever_they_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datagov.connectors._files_sample._BLOCK_BYTES", 16_000)
    lines = 120_000
    base = lake(tmp_path, {"t.csv": b"n\n" + b"".join(b"%09d\n" % n for n in range(lines))})
    made = FilesConnector(source(base, text_mb=1))
    found = [int(n) for seed in range(60) for n in read(made, "lake.t", rows=83, seed=seed)["n"]]
    ends = Counter(n * 16 // lines for n in found)
    within = Counter(n * 16 % lines * 8 // lines for n in found)

    assert len(found) == 60 * 83
    assert [ends[n] / len(found) for n in range(16)] == pytest.approx([1 / 16] * 16, abs=0.01)
    assert [within[n] / len(found) for n in range(8)] == pytest.approx([1 / 8] * 8, abs=0.03)


def test_of_a_file_that_shall_give_no_row_nothing_is_said(tmp_path: Path) -> None:
    large = b"n\n" + b"".join(b"%09d\n" % n for n in range(120_000))
    base = lake(tmp_path, {"t/a.csv": large, "t/b.csv": large})
    made = FilesConnector(source(base, text_mb=1))
    ((dataset_id, columns),) = [
        (row["dataset_id"], [(one["column_id"], one["name"]) for one in facts["column"]])
        for facts in [harvested(made)]
        for row in facts["dataset"]
    ]
    (split,) = made.plan(DatasetRef(dataset_id, "lake.t", columns), rows=1, seed=1)
    found = pa.Table.from_batches(list(made.read(split)))

    assert found.num_rows == 1
    assert LACKING.encode() not in (found.schema.metadata or {})


def test_a_sample_of_many_files_is_drawn_from_files_of_the_whole_table(tmp_path: Path) -> None:
    base = lake(
        tmp_path, {f"t/{n:03d}.parquet": pa.table({"n": list(range(n * 100, n * 100 + 100))}) for n in range(200)}
    )
    numbers = read(FilesConnector(source(base)), "lake.t", rows=500)["n"]

    assert len(numbers) == 500
    assert {n // 2_000 for n in numbers} == set(range(10))


def test_a_packed_file_that_unpacks_without_end_is_stopped(tmp_path: Path) -> None:
    base = lake(tmp_path, {"t.csv.gz": gzip.compress(b"name\n" + b"aaaaaaa\n" * (10 * 2**20))})

    with pytest.raises(SourceError, match="unpacks to more than 64 MB"):
        read(FilesConnector(source(base, text_mb=1)), "lake.t", rows=10)


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3: str, tmp_path: Path) -> Iterator[dict[str, object]]:
    account = {"aws_access_key_id": "auditor", "aws_secret_access_key": "nothing"}
    client = boto3.client("s3", endpoint_url=s3, region_name="us-east-1", **account)
    client.create_bucket(Bucket="platform")
    (tmp_path / "secret").write_text("nothing")
    lake(tmp_path, {"person/day=1/a.parquet": PEOPLE, "person/day=2/b.parquet": PEOPLE, "notes.csv": "note\nhi\n"})
    for path in (tmp_path / "lake").rglob("*.*"):
        client.upload_file(str(path), "platform", f"bronze/{path.relative_to(tmp_path / 'lake').as_posix()}")
    yield {
        "path": "s3://platform/bronze",
        "endpoint": s3,
        "access_key_id": "auditor",
        "secret": "file:secret",
        "schema": "bronze",
    }
    for found in client.list_objects_v2(Bucket="platform").get("Contents", ()):
        client.delete_object(Bucket="platform", Key=found["Key"])
    client.delete_bucket(Bucket="platform")


def test_a_bucket_is_read_like_a_folder(bucket: dict[str, object], tmp_path: Path) -> None:
    made = FilesConnector(source(tmp_path, **bucket))
    rows = harvested(made)

    assert tables(rows) == {
        "bronze.notes": ["note: text"],
        "bronze.person": ["id: int64", "phone: string", "day: text"],
    }
    assert {row["namespace"] for row in rows["dataset"]} == {"s3://platform"}
    assert read(made, "bronze.person")["day"] == ["1", "1", "2", "2"]
    assert read(made, "bronze.notes") == {"note": ["hi"]}


def test_a_bucket_that_is_not_there_is_a_sentence_without_the_secret(bucket: dict[str, object], tmp_path: Path) -> None:
    made = FilesConnector(source(tmp_path, **{**bucket, "path": "s3://elsewhere/bronze"}))

    with pytest.raises(SourceError, match=r"^Source 'lake': s3://elsewhere/bronze cannot be listed: .*\.$") as caught:
        harvested(made)
    assert "nothing" not in str(caught.value)


def test_a_store_that_does_not_answer_is_a_sentence(bucket: dict[str, object], tmp_path: Path) -> None:
    made = FilesConnector(
        source(tmp_path, **{**bucket, "endpoint": "http://127.0.0.1:1", "connect_seconds": 0.2, "request_seconds": 0.5})
    )

    with pytest.raises(SourceError, match="cannot be listed: it cannot be reached"):
        harvested(made)


def test_a_key_without_its_secret_names_the_line_of_the_source(bucket: dict[str, object], tmp_path: Path) -> None:
    wrong = {name: value for name, value in bucket.items() if name != "secret"}

    with pytest.raises(ConfigError, match=r"^datagov\.yaml:4: .*needs both 'access_key_id' and 'secret'"):
        harvested(FilesConnector(source(tmp_path, **wrong)))


def test_texts_in_views_as_some_writers_store_them_are_read(tmp_path: Path) -> None:
    inside = pa.struct([("email", pa.string_view())])
    table = pa.table(
        {
            "t": pa.array(["a", None, "c"], pa.string_view()),
            "w": pa.array([{"email": "x"}, None, {"email": None}], pa.struct([("email", pa.string())])).cast(inside),
        }
    )
    base = lake(tmp_path, {"t.parquet": table})

    assert read(FilesConnector(source(base)), "lake.t") == {
        "t": ["a", None, "c"],
        "w": [{"email": "x"}, None, {"email": None}],
    }
    assert len(read(FilesConnector(source(base)), "lake.t", rows=2)["t"]) == 2


def test_a_small_file_whose_texts_would_fill_the_memory_is_read_within_bounds(tmp_path: Path) -> None:
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), pa.array(["x" * 2_000_000]))
    base = lake(tmp_path, {})
    (tmp_path / "lake").mkdir()
    pq.write_table(pa.table({"t": long, "n": range(20_000)}), tmp_path / "lake/t.parquet")

    pool, kept = pa.proxy_memory_pool(pa.default_memory_pool()), pa.default_memory_pool()
    pa.set_memory_pool(pool)
    try:
        found = read(FilesConnector(source(base)), "lake.t", rows=200)
    finally:
        pa.set_memory_pool(kept)

    assert (tmp_path / "lake/t.parquet").stat().st_size < 1_000_000
    assert pool.max_memory() < 300 * 2**20
    assert {len(cell) for cell in found["t"]} == {64 * 1024}
    assert len(found["n"]) == 200
