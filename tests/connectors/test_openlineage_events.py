"""Events that other tools wrote: what they state of jobs, datasets and owners, and what is left out of them."""

import json
from pathlib import Path
from typing import Any

import pytest
from _sources import harvested

from datagov.connectors.openlineage import OpenLineageConnector
from datagov.contracts import Source
from datagov.errors import SourceError
from datagov.testing import ConnectorConformance

DB = "postgres://db:5432"


def source(folder: Path, **options: object) -> Source:
    return Source(2, "events", "openlineage", {"path": "events", **options}, folder, "datagov.yaml", 5)


def event(name: str = "load", **facets: Any) -> dict[str, Any]:
    """A run event from shop.app.customer to shop.mart.person, with facets of job, input and output."""
    return {
        "eventType": "COMPLETE",
        "eventTime": "2026-06-30T16:00:00Z",
        "run": {"runId": "0190f0e0-0000-7000-8000-000000000000"},
        "producer": "https://example.org/spark",
        "job": {"namespace": "etl", "name": name, "facets": facets.get("job", {})},
        "inputs": [{"namespace": DB, "name": "shop.app.customer", "facets": facets.get("input", {})}],
        "outputs": [{"namespace": DB, "name": "shop.mart.person", "facets": facets.get("output", {})}],
    }


def lineage(*steps: dict[str, Any]) -> dict[str, Any]:
    """A column lineage facet: mart.person.mail from app.customer.email."""
    field = {"namespace": DB, "name": "shop.app.customer", "field": "email", "transformations": list(steps)}
    return {"columnLineage": {"fields": {"mail": {"inputFields": [field]}}}}


def written(folder: Path, *events: Any, name: str = "a.ndjson") -> Path:
    path = folder / "events" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(json.dumps(one) for one in events), "utf-8")
    return folder


def links(rows: dict[str, list[dict[str, Any]]]) -> list[tuple[Any, ...]]:
    keys = ("source_dataset", "source_field", "target_dataset", "target_field", "type", "subtype", "masking")
    return [tuple(row[key] for key in keys) for row in rows["link"]]


def test_column_lineage_is_stated_by_the_names_a_database_source_uses(tmp_path: Path) -> None:
    step = {"type": "DIRECT", "subtype": "TRANSFORMATION", "masking": True}
    rows = harvested(OpenLineageConnector(source(written(tmp_path, event(output=lineage(step))))))

    assert links(rows) == [("app.customer", "email", "mart.person", "mail", "DIRECT", "TRANSFORMATION", True)]
    assert [(row["name"], row["kind"], row["file"], row["line"]) for row in rows["job"]] == [
        ("etl.load", "openlineage_job", "events/a.ndjson", 1)
    ]
    assert {(row["namespace"], row["name"]) for row in rows["dataset"]} == {
        (f"{DB}/shop", "app.customer"),
        (f"{DB}/shop", "mart.person"),
    }


def test_sql_is_traced_where_no_lineage_is_stated(tmp_path: Path) -> None:
    sql = {"query": "insert into mart.person (mail) select email from app.customer", "dialect": "spark"}
    rows = harvested(OpenLineageConnector(source(written(tmp_path, event(job={"sql": sql})))))

    assert (rows["link"], rows["statement"][0]["sql"], rows["job"][0]["dialect"]) == ([], sql["query"], "spark")


def test_without_lineage_and_sql_whole_datasets_are_linked(tmp_path: Path) -> None:
    rows = harvested(OpenLineageConnector(source(written(tmp_path, event()))))

    assert links(rows) == [("app.customer", "*", "mart.person", "*", "DIRECT", None, None)]


def test_the_last_event_of_a_job_counts_and_schemas_are_kept_from_any(tmp_path: Path) -> None:
    fields = [
        {"name": "email", "type": "varchar", "description": "contact"},
        {"name": "home", "type": "struct", "fields": [{"name": "city", "type": "varchar"}]},
    ]
    first = event(input={"schema": {"fields": fields}})
    last = event(output=lineage({"type": "DIRECT", "subtype": "IDENTITY"}))
    rows = harvested(OpenLineageConnector(source(written(tmp_path, first, last))))

    assert [row[1] for row in links(rows)] == ["email"]
    assert [(row["name"], row["field_path"], row["data_type"], row["comment"]) for row in rows["column"]] == [
        ("email", None, "varchar", "contact"),
        ("home", None, "struct", None),
        ("home", "city", "varchar", None),
    ]


def test_owners_of_datasets_are_assertions(tmp_path: Path) -> None:
    owners = [{"name": "team:crm", "type": "OWNER"}, {"name": "user:li.wei", "type": "DATA_STEWARD"}, {"name": "ops"}]
    rows = harvested(OpenLineageConnector(source(written(tmp_path, event(input={"ownership": {"owners": owners}})))))

    assert [(row["selector"], row["principal"], row["role"]) for row in rows["owner_assertion"]] == [
        ("app.customer", "crm", "data_owner"),
        ("app.customer", "li.wei", "steward"),
        ("app.customer", "ops", "data_owner"),
    ]


def test_files_of_a_lake_are_called_by_where_they_lie(tmp_path: Path) -> None:
    told = event()
    told["inputs"] = [{"namespace": "s3://lake", "name": "crm/customer"}]
    rows = harvested(OpenLineageConnector(source(written(tmp_path, told))))

    assert links(rows)[0][0] == "path:s3://lake/crm/customer"


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("[1", "not one JSON document"),
        ('{"eventType": "COMPLETE"}', "has no 'job'"),
        ('{"job": {"namespace": "n", "name": "j"}, "inputs": {}}', "'inputs' that is not a list"),
        ('{"job": {"namespace": "n"}}', "no text 'name'"),
        ('{"job": {"namespace": "n", "name": "\\ud800"}}', "half a character"),
        ('{"job": {"namespace": "n", "name": "j"}, "outputs": [{"name": "t"}]}', "no text 'namespace'"),
    ],
)
def test_a_broken_event_is_a_problem_on_its_line_and_its_neighbours_are_read(
    tmp_path: Path, broken: str, said: str
) -> None:
    written(tmp_path, event())
    path = tmp_path / "events" / "a.ndjson"
    path.write_text(f"{broken}\n{path.read_text()}\n", "utf-8")

    rows = harvested(OpenLineageConnector(source(tmp_path)))

    (problem,) = rows["problem"]
    assert said in problem["message"]
    assert (problem["file"], problem["line"], problem["fatal"]) == ("events/a.ndjson", 1, True)
    assert len(rows["job"]) == 1


def test_failed_runs_say_nothing(tmp_path: Path) -> None:
    rows = harvested(OpenLineageConnector(source(written(tmp_path, {**event(), "eventType": "FAIL"}))))

    assert (rows["job"], rows["problem"][0]["kind"]) == ([], "empty")


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        harvested(OpenLineageConnector(source(tmp_path)))


class TestOpenLineage(ConnectorConformance):
    connector = OpenLineageConnector

    def source(self, folder: Path) -> Source:
        return source(written(folder, event(output=lineage()), event("other", job={"sql": {"query": "select 1"}}), {}))

    def missing(self, folder: Path) -> Source:
        return source(folder, path="nowhere")
