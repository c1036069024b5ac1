"""Facts cross from worker to supervisor unchanged, and damaged bytes are refused."""

from __future__ import annotations

import pyarrow as pa
import pytest

from datagov.engine import wire
from datagov.fact_writer import FactWriter
from datagov.facts import TABLES


def facts() -> list[tuple[str, pa.RecordBatch]]:
    writer = FactWriter(source_id=3)
    dataset = writer.add("dataset", source_id=3, namespace="n", name="应用.客户", kind="table", row_count=2**40)
    writer.add("column", dataset_id=dataset, name='a"b', ordinal=0, nullable=None)
    return list(writer.batches())


def test_what_is_packed_is_unpacked() -> None:
    assert list(wire.unpack(wire.pack(facts()))) == facts()


def test_nothing_is_a_valid_message() -> None:
    assert list(wire.unpack(wire.pack([]))) == []


def test_a_message_cut_anywhere_is_refused() -> None:
    whole = wire.pack(facts())

    for length in range(len(whole)):
        with pytest.raises(ValueError, match="truncated"):
            list(wire.unpack(whole[:length]))


def test_a_message_with_more_after_it_is_refused() -> None:
    with pytest.raises(ValueError, match="after"):
        list(wire.unpack(wire.pack(facts()) + b"more"))


def test_every_table_documents_every_field() -> None:
    for table in TABLES.values():
        assert table.doc
        for field in table.schema:
            assert field.metadata[b"doc"]


def test_a_row_with_an_unknown_or_missing_field_is_refused() -> None:
    writer = FactWriter(source_id=1)

    with pytest.raises(TypeError, match="has no field 'colour'"):
        writer.add("dataset", source_id=1, namespace="n", name="t", kind="table", colour="red")
    with pytest.raises(TypeError, match="needs a value for 'name'"):
        writer.add("dataset", source_id=1, namespace="n", kind="table")


def test_ids_of_two_sources_never_meet() -> None:
    one, two = (FactWriter(source_id=n) for n in (1, 2))
    row = {"namespace": "n", "name": "t", "kind": "table"}

    first = {one.add("dataset", source_id=1, **row) for _ in range(100)}
    second = {two.add("dataset", source_id=2, **row) for _ in range(100)}

    assert len(first) == len(second) == 100
    assert first & second == set()
