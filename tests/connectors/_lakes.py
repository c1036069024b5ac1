"""What tests of lake tables share: a bucket of a moto server, and reading a dataset by its name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pyarrow as pa
from _sources import harvested
from moto.server import ThreadedMotoServer

from datagov.contracts import DataConnector, DatasetRef


def served() -> Iterator[str]:
    """The address of a moto server with a bucket called ``platform``."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    account = {"aws_access_key_id": "auditor", "aws_secret_access_key": "nothing"}
    boto3.client("s3", endpoint_url=address, region_name="us-east-1", **account).create_bucket(Bucket="platform")
    yield address
    server.stop()


def ref(connector: DataConnector, name: str) -> DatasetRef:
    """The harvested dataset of a name, with its columns and without their fields."""
    facts = harvested(connector)
    (dataset,) = [row for row in facts["dataset"] if row["name"] == name]
    columns = [
        (row["column_id"], row["name"])
        for row in facts["column"]
        if row["dataset_id"] == dataset["dataset_id"] and row["field_path"] is None
    ]
    return DatasetRef(dataset["dataset_id"], name, columns, dataset["row_count"])


def rows(connector: DataConnector, name: str, *, rows: int = 1_000, seed: int = 1) -> dict[str, list[Any]]:
    """Cells by column of what a plan reads."""
    return cells(connector, ref(connector, name), rows=rows, seed=seed)


def cells(connector: DataConnector, dataset: DatasetRef, *, rows: int = 1_000, seed: int = 1) -> dict[str, list[Any]]:
    """The same of a dataset harvested before."""
    splits = connector.plan(dataset, rows=rows, seed=seed)
    whole = pa.concat_tables([pa.Table.from_batches(list(connector.read(split))) for split in splits])
    return {name: whole.column(str(column_id)).to_pylist() for column_id, name in dataset.columns}


def columns(connector: DataConnector, name: str) -> dict[str, str]:
    """Types by column and field of a dataset."""
    facts = harvested(connector)
    (dataset,) = [row["dataset_id"] for row in facts["dataset"] if row["name"] == name]
    return {
        ".".join(filter(None, (row["name"], row["field_path"]))): row["data_type"]
        for row in facts["column"]
        if row["dataset_id"] == dataset
    }


def problems(connector: DataConnector) -> dict[str, str]:
    """Messages of fatal problems by their object."""
    return {row["object"]: row["message"] for row in harvested(connector)["problem"] if row["fatal"]}
