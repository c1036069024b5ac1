"""A table or view as a Hive or Spark catalog describes it: one shape, whoever was asked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from datagov.connectors._nested import Column
from datagov.connectors._spark_schema import column
from datagov.connectors._spark_text import Layout

_PROPERTY = "spark.sql."
_BY_SERDE = {"ParquetHiveSerDe": "parquet", "OrcSerde": "orc", "AvroSerDe": "avro"}
MANAGED = ("delta", "iceberg", "hudi")
"""Formats whose plain files may hold rows that the table has deleted."""


@dataclass(frozen=True, slots=True)
class Relation:
    """``fields`` are the fields of the schema as Spark's JSON has them, partition columns last; ``location`` is a URI.

    ``provider`` is the format in lower case, ``hive`` for one that only a SerDe tells; ``ddl_at`` is when the catalog
    was last told of a change (seconds since 1970).
    """

    database: str
    table: str
    kind: str
    fields: Sequence[Mapping[str, Any]]
    provider: str = "hive"
    location: str | None = None
    partitions: Sequence[str] = ()
    owner: str | None = None
    comment: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    sql: str | None = None
    dialect: str = "spark"
    ddl_at: int | None = None
    keys: frozenset[str] = frozenset()
    layout: Layout | str | None = None
    """How text becomes cells, or why its rows cannot be read; None for other formats."""

    @property
    def name(self) -> str:
        """``database.table``."""
        return f"{self.database}.{self.table}"

    @property
    def columns(self) -> list[Column]:
        """Its columns with their parts."""
        return [column(one) for one in self.fields]

    @property
    def rows(self) -> int | None:
        """Rows by the catalog's statistics."""
        return _number(self.properties, "spark.sql.statistics.numRows", "numRows")

    @property
    def size(self) -> int | None:
        """Bytes by the catalog's statistics."""
        return _number(self.properties, "spark.sql.statistics.totalSize", "totalSize")

    @property
    def changed_at(self) -> str | None:
        """UTC time at which the catalog was last told of a change."""
        return None if not self.ddl_at else datetime.fromtimestamp(self.ddl_at, UTC).isoformat()

    @property
    def is_format(self) -> bool:
        """Whether a table format with a log of its own manages the files."""
        return self.provider in MANAGED

    @property
    def script(self) -> str | None:
        """The view as statements that can be traced: what its unqualified names mean, and its columns in order."""
        if self.sql is None:
            return None
        names = ", ".join(quoted(str(one["name"])) for one in self.fields)
        listed = f" ({names})" if names else ""
        made = f"CREATE VIEW {quoted(self.database)}.{quoted(self.table)}{listed} AS {self.sql}"
        home = self.properties.get("view.catalogAndNamespace.part.1", self.database)
        return f"USE {quoted(home)};\n{made}"


def quoted(name: str) -> str:
    """An identifier in Spark's SQL.

    >>> quoted("a`b")
    '`a``b`'
    """
    return "`" + name.replace("`", "``") + "`"


def schema_of(properties: Mapping[str, str]) -> Sequence[Mapping[str, Any]] | None:
    """Fields of the schema that Spark keeps in a table's properties, in one piece or in parts; None where it has none.

    >>> schema_of({"spark.sql.sources.schema.numParts": "2", "spark.sql.sources.schema.part.0": '{"fields":[{"name":',
    ...            "spark.sql.sources.schema.part.1": '"Id","type":"long"}]}'})
    [{'name': 'Id', 'type': 'long'}]
    """
    key = f"{_PROPERTY}sources.schema"
    whole = properties.get(key)
    if whole is None:
        for parts in (f"{key}.numParts", f"{key}.parts"):
            if properties.get(parts, "").isdigit():
                pieces = [properties.get(f"{key}.part.{n}", "") for n in range(min(int(properties[parts]), 100_000))]
                whole = "".join(pieces)
    try:
        fields = json.loads(whole or "")["fields"]
        return [one for one in fields if isinstance(one["name"], str) and one["type"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def partitions_of(properties: Mapping[str, str]) -> list[str]:
    """Partition columns that Spark keeps in a table's properties."""
    key = f"{_PROPERTY}sources.schema"
    count = properties.get(f"{key}.numPartCols", "")
    if not count.isdigit():
        return []
    named = (properties.get(f"{key}.partCol.{n}") for n in range(min(int(count), 1_000)))
    return [name for name in named if name is not None]


def provider_of(properties: Mapping[str, str], serde: str) -> str:
    """The format of a table by its properties and its SerDe.

    >>> provider_of({"table_type": "ICEBERG"}, ""), provider_of({}, "org.apache.hadoop.hive.ql.io.orc.OrcSerde")
    ('iceberg', 'orc')
    """
    told = (properties.get(f"{_PROPERTY}sources.provider") or properties.get("table_type") or "").lower()
    for name in MANAGED:
        if told == name or told.endswith(f".{name}") or f".{name}." in f".{serde.lower()}.":
            return name
    if told and told not in ("hive", "managed_table", "external_table"):
        return told
    return _BY_SERDE.get(serde.rpartition(".")[2], "hive")


def _number(properties: Mapping[str, str], *names: str) -> int | None:
    """The first of some properties that is a number; Hive writes -1 for what it does not know."""
    return next((int(text) for name in names if (text := properties.get(name, "")).isdigit()), None)
