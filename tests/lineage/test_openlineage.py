"""OpenLineage events: what is written is valid and comes back the same; what is broken is a sentence."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagov.lineage.openlineage import Dataset, JobLineage, Link, job_event, read, run_event, run_id

TIME = "2026-06-30T16:00:00Z"
TEXT = {"type": "string"}
URI = {"type": "string", "pattern": "^https://"}
INPUT = {
    "type": "object",
    "required": ["namespace", "name", "field"],
    "properties": {
        "namespace": TEXT,
        "name": TEXT,
        "field": TEXT,
        "transformations": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["type"],
                "properties": {
                    "type": {"enum": ["DIRECT", "INDIRECT"]},
                    "subtype": TEXT,
                    "description": TEXT,
                    "masking": {"type": "boolean"},
                },
                "additionalProperties": False,
            },
        },
    },
}
FACET = {
    "type": "object",
    "required": ["_producer", "_schemaURL", "fields"],
    "properties": {
        "_producer": URI,
        "_schemaURL": {
            "const": "https://openlineage.io/spec/facets/1-2-0/ColumnLineageDatasetFacet.json"
            "#/$defs/ColumnLineageDatasetFacet"
        },
        "fields": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["inputFields"],
                "properties": {"inputFields": {"type": "array", "items": INPUT}},
            },
        },
        "dataset": {"type": "array", "items": INPUT},
    },
}
DATASET = {
    "type": "object",
    "required": ["namespace", "name"],
    "properties": {
        "namespace": TEXT,
        "name": TEXT,
        "facets": {"type": "object", "properties": {"columnLineage": FACET}},
    },
}
EVENT = {
    "type": "object",
    "required": ["eventTime", "producer", "schemaURL", "job"],
    "properties": {
        "eventTime": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
        "eventType": {"enum": ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]},
        "producer": URI,
        "schemaURL": URI,
        "run": {"type": "object", "required": ["runId"], "properties": {"runId": {"pattern": "^[0-9a-f-]{36}$"}}},
        "job": {"type": "object", "required": ["namespace", "name"]},
        "inputs": {"type": "array", "items": DATASET},
        "outputs": {"type": "array", "items": DATASET},
    },
}

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
datasets = st.builds(Dataset, words, words)
links = st.builds(
    Link,
    datasets,
    words,
    datasets,
    st.none() | words,
    st.sampled_from(["DIRECT", "INDIRECT"]),
    st.none() | words,
    st.none() | words,
    st.none() | st.booleans(),
)


@settings(max_examples=150, deadline=None)
@given(words, words, st.lists(links, max_size=12, unique=True))
def test_what_is_written_is_valid_and_read_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, namespace: str, name: str, made: list[Link]
) -> None:
    job = JobLineage(namespace, name, tuple(made))
    file = tmp_path_factory.mktemp("events") / "events.ndjson"
    events = [run_event(job, event_time=TIME, run=run_id(TIME, name)), job_event(job, event_time=TIME)]
    file.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
    for event in events:
        jsonschema.validate(event, EVENT)

    back = read(file)

    assert back.faults == ()
    assert [(one.namespace, one.name) for one in back.jobs] == [(namespace, name)]
    assert set(back.jobs[0].links) == set(made)


def test_a_run_id_is_a_uuid_and_the_same_for_the_same_evidence() -> None:
    assert run_id("a", "b") == run_id("a", "b") != run_id("ab")
    assert uuid.UUID(run_id("a")).version == 5


ITEM = {"namespace": "n", "name": "s", "field": "a"}


def event(**changed: object) -> dict[str, object]:
    lineage = {"fields": {"x": {"inputFields": [ITEM]}}}
    return {
        "eventType": "COMPLETE",
        "job": {"namespace": "n", "name": "j"},
        "outputs": [{"namespace": "n", "name": "t", "facets": {"columnLineage": lineage}}],
        **changed,
    }


def test_an_input_without_transformations_is_direct(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(event()))

    (job,) = read(tmp_path).jobs

    assert job.links == (Link(Dataset("n", "s"), "a", Dataset("n", "t"), "x", "DIRECT"),)


def test_a_failed_run_made_nothing(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps([event(eventType="FAIL"), event(eventType="ABORT")]))

    assert read(tmp_path).jobs == () and read(tmp_path).faults == ()


SECRET = "6222020200112233445"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (f'{{"job": "{SECRET}', "not one JSON document"),
        (f'["{SECRET}"]', "not a JSON object"),
        ("{}", "no 'job'"),
        (json.dumps(event(job={"namespace": "n"})), "no text 'name'"),
        (json.dumps(event(outputs={"a": SECRET})), "'outputs' that is not a list"),
        (json.dumps(event(outputs=[SECRET])), "not an object"),
        (json.dumps(event(job={"namespace": "n", "name": "\ud800"})), "not Unicode text"),
        ("null", "not a JSON object"),
        ("[" * 100_000, "not one JSON document"),
    ],
)
def test_a_broken_event_is_a_sentence_and_its_neighbours_are_read(tmp_path: Path, line: str, sentence: str) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text(f"{json.dumps(event())}\n{line}\n{json.dumps(event())}\n")

    found = read(file)

    assert len(found.jobs) == 1 and len(found.jobs[0].links) == 1
    (fault,) = found.faults
    assert sentence in fault.message and fault.line == 2 and fault.file == str(file)
    assert SECRET not in fault.message


def column_lineage(**facet: object) -> dict[str, object]:
    return event(outputs=[{"namespace": "n", "name": "t", "facets": {"columnLineage": facet}}])


@pytest.mark.parametrize(
    ("facet", "links"),
    [
        ({"_deleted": True}, []),
        ({"dataset": [{**ITEM, "transformations": [{"type": "INDIRECT", "subtype": "SORT"}]}]}, [(None, "INDIRECT")]),
        ({"fields": {"x": {"inputFields": [ITEM], "transformationType": "IDENTITY"}}}, [("x", "DIRECT")]),
        ({"fields": {"x": {"inputFields": [{**ITEM, "transformations": [{"type": "DIRECT", "subtype": "NEW"}]}]}}},
         [("x", "DIRECT")]),
        ({"fields": {}}, []),
    ],
)  # fmt: skip
def test_facets_of_other_producers_are_read(
    tmp_path: Path, facet: dict[str, object], links: list[tuple[str | None, str]]
) -> None:
    (tmp_path / "one.json").write_text(json.dumps(column_lineage(**facet)))
    found = read(tmp_path)

    assert found.faults == ()
    assert [(link.target_field, link.type) for job in found.jobs for link in job.links] == links


def test_a_folder_that_may_not_be_entered_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one.json").write_text(json.dumps(event()))
    refused = PermissionError(13, "Permission denied", str(tmp_path / "closed"))

    def walk(root: Path, onerror: Callable[[OSError], None]) -> Iterator[tuple[str, list[str], list[str]]]:
        onerror(refused)
        yield str(root), [], ["one.json"]

    monkeypatch.setattr(os, "walk", walk)

    assert len(read(tmp_path).jobs) == 1
    assert [fault.message for fault in read(tmp_path).faults] == ["The folder cannot be read: Permission denied."]


def test_a_missing_and_an_empty_file_are_faults(tmp_path: Path) -> None:
    (tmp_path / "empty.json").write_text("")

    assert "empty" in read(tmp_path / "empty.json").faults[0].message
    assert "cannot be read" in read(tmp_path / "none.json").faults[0].message
