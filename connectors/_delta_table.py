"""One Delta table: what its log says of it as it is now. The only place that talks to delta-rs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from hashlib import blake2b
from typing import Any
from urllib.parse import unquote

import numpy as np
import pyarrow as pa

from datagov.connectors._lake_rows import DataFile
from datagov.connectors._nested import Column
from datagov.connectors._spark_schema import column, named, written
from datagov.errors import PluginError, SourceError

_READ = frozenset(
    {
        "columnMapping",
        "deletionVectors",
        "timestampNtz",
        "typeWidening",
        "typeWidening-preview",
        "v2Checkpoint",
        "vacuumProtocolCheck",
    }
)
"""Reader features whose rules are followed here, or change nothing for a reader of data files."""
_PHYSICAL = "delta.columnMapping.physicalName"


class DeltaLog:
    """A version of the table, by default its last. Raises SourceError, which begins with ``who``, when the log cannot
    be understood.
    """

    def __init__(self, uri: str, storage: Mapping[str, str], *, who: str, version: int | None = None) -> None:
        self._who = who
        self._table = self._told(lambda: library().DeltaTable(uri, version, storage_options=dict(storage)), "its log")

    @property
    def version(self) -> int:
        """Its number."""
        return int(self._table.version())

    @property
    def change_token(self) -> str:
        """The table's identity, its version and its files: a table from a backup counts its versions anew."""
        digest = blake2b(digest_size=8)
        for file in self.files:
            digest.update(f"{file.inside}\0{file.size}\n".encode("utf-8", "surrogateescape"))
        return f"{self._table.metadata().id}:{self._table.version()}:{digest.hexdigest()}"

    @property
    def comment(self) -> str | None:
        """The description."""
        return self._table.metadata().description or None

    @property
    def unsupported(self) -> Sequence[str]:
        """Features of the table without which its rows cannot be read rightly, and which are not known here."""
        protocol = self._table.protocol()
        return sorted(set(protocol.reader_features or ()) - _READ)

    @property
    def may_hide_rows(self) -> bool:
        """Whether rows may be deleted by vectors, so that the log's counts are too high."""
        return "deletionVectors" in (self._table.protocol().reader_features or ())

    @cached_property
    def columns(self) -> Sequence[Column]:
        """The columns of the schema, nested ones with their parts."""
        mapped = self._table.metadata().configuration.get("delta.columnMapping.mode", "none") != "none"
        schema = json.loads(self._told(lambda: self._table.schema().to_json(), "its schema"))
        mark = _physical if mapped else named
        return [column(field, mark=mark, spelled=written) for field in schema["fields"]]

    @cached_property
    def files(self) -> Sequence[DataFile]:
        """The files that the last version holds; those it has removed are not among them."""
        actions = self._told(lambda: pa.table(self._table.get_add_actions()), "its list of files")
        wanted = ["path", "size_bytes", "num_records", *({"partition"} & set(actions.column_names))]
        physical = {next(iter(column.marks)): column.name for column in self.columns}
        made = []
        for row in actions.select(wanted).to_pylist():
            given = {physical.get(name, name): value for name, value in (row.get("partition") or {}).items()}
            made.append(DataFile(row["path"], row["size_bytes"], row["num_records"], given))
        return sorted(made, key=lambda file: file.inside)

    def deleted(self, file: DataFile) -> np.ndarray:
        """Positions in a file of rows that are deleted."""
        return self._vectors.get(file.inside, np.empty(0, np.int64))

    def path(self, inside: str) -> str:
        """Where a file lies below the table's folder. Raises SourceError for one that lies elsewhere."""
        path = unquote(inside)
        if "://" in path or path.startswith("/") or ".." in path.split("/"):
            raise SourceError(
                f"{self._who} has data files outside its folder, as a shallow clone has; they were not read: audit the "
                "table it was cloned from."
            )
        return path

    @cached_property
    def _vectors(self) -> Mapping[str, np.ndarray]:
        vectors = self._told(lambda: pa.table(self._table.deletion_vectors()), "its deletion vectors")
        return {
            row["filepath"].as_py().removeprefix(self._table.table_uri): np.flatnonzero(
                ~np.asarray(row["selection_vector"].values.to_numpy(zero_copy_only=False), bool)
            )
            for row in (
                {name: vectors.column(name)[n] for name in vectors.column_names} for n in range(vectors.num_rows)
            )
        }

    def _told(self, ask: Callable[[], Any], what: str) -> Any:
        """The answer of the library, whose own errors repeat paths, addresses and pieces of the log."""
        errors = library().exceptions
        try:
            return ask()
        except errors.TableNotFoundError:
            raise SourceError(
                f"{self._who} has no version in its log; restore the log or exclude the folder."
            ) from None
        except (errors.DeltaError, OSError, ValueError, pa.ArrowException) as error:
            raise self._damaged(what, error) from None
        except BaseException as error:
            # A panic of delta-rs (for example at a folder with a bracket in its name) is no Exception and has no module
            # to import it from.
            if type(error).__name__ != "PanicException":
                raise
            raise self._damaged(what, error) from None

    def _damaged(self, what: str, error: BaseException) -> SourceError:
        return SourceError(
            f"{self._who} cannot be read: {what} is damaged, incomplete, of an unknown version or not to be had "
            f"({type(error).__name__}); repair the table or exclude it."
        )


def committed_at(commit: bytes) -> str | None:
    """UTC time that the file of a commit tells; who committed is not taken.

    >>> committed_at(b'{"add": {}}\\n{"commitInfo": {"timestamp": 1767225600000, "userName": "x"}}')
    '2026-01-01T00:00:00+00:00'
    """
    for line in commit.splitlines():
        try:
            told = json.loads(line).get("commitInfo")
            if told:
                stamp = told.get("inCommitTimestamp", told.get("timestamp"))
                return datetime.fromtimestamp(int(stamp) / 1000, UTC).isoformat()
        except (ValueError, TypeError, AttributeError, OverflowError, OSError):
            return None
    return None


def library() -> Any:
    """delta-rs; raises PluginError with the pip line when it is not installed."""
    try:
        import deltalake
        import deltalake.exceptions
    except ImportError:
        raise PluginError("The delta connector needs its library; run: pip install 'datagov[delta]'.") from None
    return deltalake


def _physical(field: Mapping[str, Any]) -> str:
    """What data files of a table with column mapping call a field."""
    return str((field.get("metadata") or {}).get(_PHYSICAL, field["name"]))
