"""A Hive metastore over Thrift: databases, tables in batches, partitions, keys. Only methods that read are called."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from datagov.connectors._hive_thrift import I16, LIST, STRING, STRUCT, AnswerError, Struct, Wire, WireError
from datagov.connectors._hive_types import spark_type
from datagov.connectors._spark_relation import Relation, partitions_of, provider_of, schema_of
from datagov.connectors._spark_text import layout_of
from datagov.errors import SourceError

_TOGETHER = 200
"""Tables, and partitions, that one call asks for."""
_PIPED = 100
"""Small calls that are sent before their answers are read."""
_TRINO = ("/* Presto View: ", " */")

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a metastore listens, and how long to wait for it."""

    hosts: Sequence[tuple[str, int]]
    tls: bool
    connect_seconds: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Partition:
    """Where a partition lies, and the values of the partition columns as text."""

    values: Sequence[str]
    location: str | None


class Metastore:
    """One connection. Every method raises SourceError, which begins with ``who``, when there is no answer."""

    def __init__(self, address: Address, *, who: str) -> None:
        self._who = who
        self._wire = self._connected(address)
        self._tables = "get_table_objects_by_name"

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()

    def databases(self) -> list[str]:
        """Names of all databases."""
        return sorted(self._asked(lambda: self._wire.call("get_all_databases")) or ())

    def names(self, database: str) -> list[str]:
        """Names of all tables and views of a database."""
        return sorted(self._asked(lambda: self._wire.call("get_all_tables", (1, STRING, database))) or ())

    def relations(self, database: str, names: Sequence[str]) -> Iterator[Relation]:
        """Tables and views by their names; those that were dropped meanwhile are left out."""
        for start in range(0, len(names), _TOGETHER):
            together = names[start : start + _TOGETHER]
            found = [table for table in self._fetched(database, together) if not table.get(14)]
            keys = self._keys(database, [table[1] for table in found if _may_have_key(table)])
            yield from (_relation(table, keys.get(table[1], frozenset())) for table in found)

    def relation(self, database: str, name: str) -> Relation | None:
        """One table or view; None when it is not there."""
        return next(self.relations(database, [name]), None)

    def partitions(self, database: str, name: str, *, most: int) -> list[Partition]:
        """Partitions of a table; at the most one more than ``most``."""
        limit = min(most + 1, 32_767)
        place = ((1, STRING, database), (2, STRING, name))
        called: Sequence[str] = self._asked(
            lambda: self._wire.call("get_partition_names", *place, (3, I16, -1 if most > 32_000 else limit))
        )
        found: list[Partition] = []
        for start in range(0, len(called or ()), _TOGETHER):
            together = list(called[start : start + _TOGETHER])
            rows = self._asked(partial(self._batch, place, together))
            found += [Partition(row.get(1, ()), row.get(6, {}).get(2)) for row in rows or ()]
        return found

    def _batch(self, place: Any, names: Sequence[str]) -> Any:
        return self._wire.call("get_partitions_by_names", *place, (3, LIST, list(names)))

    def _fetched(self, database: str, names: Sequence[str]) -> Sequence[Struct]:
        def plain() -> Any:
            return self._wire.call("get_table_objects_by_name", (1, STRING, database), (2, LIST, list(names)))

        def request() -> Any:
            asked = [(1, STRING, database), (2, LIST, list(names))]
            return (self._wire.call("get_table_objects_by_name_req", (1, STRUCT, asked)) or {}).get(1)

        if self._tables == "get_table_objects_by_name":
            try:
                return self._asked(plain, passing=True) or ()
            except AnswerError as error:
                if not error.unknown:
                    raise self._refused() from None
                self._tables = "get_table_objects_by_name_req"
        return self._asked(request) or ()

    def _keys(self, database: str, names: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """Columns of the primary keys by table; none from a metastore that knows no constraints."""
        found: dict[str, frozenset[str]] = {}
        for start in range(0, len(names), _PIPED):
            together = names[start : start + _PIPED]
            asked = [[(1, STRUCT, [(1, STRING, database), (2, STRING, name)])] for name in together]
            answers = self._asked(partial(self._wire.calls, "get_primary_keys", asked))
            if any(isinstance(one, AnswerError) and one.unknown for one in answers):
                return {}
            for name, answer in zip(together, answers, strict=True):
                if not isinstance(answer, AnswerError) and answer:
                    found[name] = frozenset(row[3] for row in answer.get(1, ()))
        return found

    def _connected(self, address: Address) -> Wire:
        """The first of the hosts that answers."""
        for host, port in address.hosts:
            try:
                return Wire(
                    host, port, connect_seconds=address.connect_seconds, seconds=address.seconds, tls=address.tls
                )
            except (OSError, ValueError):
                continue
        raise SourceError(
            f"{self._who} cannot be reached; check that it runs, the address in 'metastore', 'tls' and the network."
        )

    def _asked(self, ask: Callable[[], Answer], *, passing: bool = False) -> Answer:
        """The answer; ``passing`` lets the caller deal with an exception of the server."""
        try:
            return ask()
        except AnswerError as error:
            if passing:
                raise
            if error.unknown:
                raise SourceError(
                    f"{self._who} does not know a method that is needed; it is of a version that is not supported."
                ) from None
            raise self._refused() from None
        except TimeoutError:
            raise SourceError(f"{self._who} did not answer in time; raise 'answer_seconds', or look at it.") from None
        except (OSError, WireError, ValueError, MemoryError):
            raise SourceError(
                f"{self._who} does not answer as a plain Thrift metastore does; one that wants Kerberos cannot be read."
            ) from None

    def _refused(self) -> SourceError:
        return SourceError(
            f"{self._who} answered with an error of its own; look into its log, or exclude the database."
        )


def _may_have_key(table: Struct) -> bool:
    """Constraints are Hive's: neither views nor tables that Spark made have any."""
    return table.get(12) != "VIRTUAL_VIEW" and "spark.sql.sources.provider" not in table.get(9, {})


def _relation(table: Struct, keys: frozenset[str]) -> Relation:
    storage, properties = table.get(7, {}), table.get(9, {})
    serde = storage.get(7, {})
    told = serde.get(3, {})
    columns = [_field(one) for one in storage.get(1, ())]
    partitions = [_field(one) for one in table.get(8, ())]
    fields = schema_of(properties) or [*columns, *partitions]
    named = partitions_of(properties) or [str(one["name"]) for one in partitions]
    is_view = table.get(12) in ("VIRTUAL_VIEW", "MATERIALIZED_VIEW")
    sql, dialect = _view(table) if is_view else (None, "spark")
    ddl = properties.get("transient_lastDdlTime", "")
    provider = provider_of(properties, serde.get(2) or "")
    stored = [one["type"] for one in fields if str(one["name"]) not in named]
    return Relation(
        database=table[2],
        table=table[1],
        kind="view" if is_view else "table",
        fields=fields,
        provider=provider,
        location=None if is_view else told.get("path") or storage.get(2),
        partitions=named,
        owner=table.get(3) or None,
        comment=properties.get("comment") or None,
        properties=properties,
        sql=sql,
        dialect=dialect,
        ddl_at=int(ddl) if ddl.isdigit() else None,
        keys=keys,
        layout=layout_of(provider, serde.get(2) or "", storage.get(3) or "", told, properties, stored),
    )


def _field(column: Struct) -> dict[str, Any]:
    comment = column.get(3)
    return {
        "name": column[1],
        "type": spark_type(column.get(2, "string")),
        "nullable": True,
        "metadata": {"comment": comment} if comment else {},
    }


def _view(table: Struct) -> tuple[str | None, str]:
    """The query of a view and its dialect; Trino hides its own in a comment."""
    properties = table.get(9, {})
    original, expanded = table.get(10) or "", table.get(11) or ""
    if original.startswith(_TRINO[0]):
        try:
            told = json.loads(base64.b64decode(original.removeprefix(_TRINO[0]).removesuffix(_TRINO[1])))
            return str(told["originalSql"]), "trino"
        except (ValueError, KeyError, TypeError):
            return None, "trino"
    by_spark = any(name.startswith(("spark.sql.create", "view.")) for name in properties)
    return expanded or original or None, "spark" if by_spark else "hive"
