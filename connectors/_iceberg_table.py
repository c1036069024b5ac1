"""One Iceberg table as its metadata describes it: columns by field id, data files, and rows that deletes hide."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from hashlib import blake2b
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from datagov.connectors._iceberg_schema import columns_of, id_of, names_of
from datagov.connectors._lake_rows import DataFile
from datagov.connectors._nested import Column
from datagov.connectors._reshape import Mark
from datagov.errors import DatagovError, PluginError, SourceError, SourceLimitError

Answer = TypeVar("Answer")

DELETES_BYTES = 128 * 2**20
"""The largest file of deletes that is read."""


def library() -> Any:
    """PyIceberg; raises PluginError with the pip line when it is not installed."""
    try:
        import pyiceberg
    except ImportError:
        raise PluginError("The iceberg connector needs its library; run: pip install 'datagov[iceberg]'.") from None
    return pyiceberg


def told(ask: Callable[[], Answer], who: str, what: str) -> Answer:
    """The answer of the library. Its own errors, of any kind where a file is damaged, repeat what they met."""
    try:
        return ask()
    except DatagovError:
        raise
    except Exception as error:  # noqa: BLE001 - a damaged Avro or JSON file ends in any exception of any layer
        raise SourceError(
            f"{who}: {what} cannot be read ({type(error).__name__}): it is missing, damaged, of a kind that is not "
            "supported, or may not be reached; repair the table or exclude it."
        ) from None


class IcebergTable:
    """A table at one snapshot, by default its current one; ``within`` is where its files must lie, if given."""

    def __init__(
        self, table: Any, io: Any, *, who: str, within: str | None = None, snapshot: int | None = None
    ) -> None:
        self._table = table
        self._io = io
        self.who = who
        self._within = within
        self._snapshot = table.snapshot_by_id(snapshot) if snapshot is not None else table.current_snapshot()

    @property
    def snapshot(self) -> int | None:
        """The id of the snapshot; None for a table that never held a row."""
        return None if self._snapshot is None else int(self._snapshot.snapshot_id)

    @property
    def location(self) -> str:
        """The folder of the table, as a URI."""
        return str(self._table.metadata.location)

    @property
    def properties(self) -> Mapping[str, str]:
        """What the table's makers noted of it."""
        properties: Mapping[str, str] = self._table.metadata.properties
        return properties

    @property
    def change_token(self) -> str:
        """The snapshot and the file of metadata."""
        place = blake2b(str(self._table.metadata_location).encode(), digest_size=8).hexdigest()
        return f"{self.snapshot}:{place}"

    @property
    def log(self) -> Sequence[str]:
        """Names of the metadata files before this one, as far as it remembers them, the last one last."""
        return [str(one.metadata_file).rpartition("/")[2] for one in self._table.metadata.metadata_log]

    @property
    def written_at(self) -> int:
        """When the metadata file was made, in milliseconds since 1970."""
        return int(self._table.metadata.last_updated_ms)

    @property
    def changed_at(self) -> str | None:
        """UTC time of the snapshot."""
        if self._snapshot is None:
            return None
        return datetime.fromtimestamp(self._snapshot.timestamp_ms / 1000, UTC).isoformat()

    @property
    def size_bytes(self) -> int | None:
        """Bytes of the data files, as the snapshot sums them up."""
        return 0 if self._snapshot is None else self._summed("total-files-size")

    @property
    def row_count(self) -> int | None:
        """Rows as the snapshot sums them up; None when it does not, or when deletes hide some of them."""
        if self._snapshot is None:
            return 0
        hidden = [self._summed(f"total-{kind}-deletes") for kind in ("position", "equality")]
        empty = self._summed("total-records") == 0 and self._summed("total-data-files") != 0
        return None if hidden != [0, 0] or empty else self._summed("total-records")

    @property
    def row_estimate(self) -> int | None:
        """Rows with those that deletes hide."""
        return 0 if self._snapshot is None else self._summed("total-records")

    @cached_property
    def columns(self) -> Sequence[Column]:
        """The columns of the current schema."""
        return columns_of(self._table.schema())

    @cached_property
    def files(self) -> Sequence[DataFile]:
        """The data files of the snapshot. Raises SourceError for kinds of files or deletes that are not understood."""
        made = []
        for task in self._tasks.values():
            file = task.file
            if str(file.file_format).rpartition(".")[2].upper() != "PARQUET":
                raise SourceError(f"{self.who} has data files that are not Parquet; its rows were not read.")
            self._check_place(file.file_path)
            # What deletes hide is not subtracted here: the number is a weight, and the rows are counted when needed.
            made.append(DataFile(file.file_path, file.file_size_in_bytes, file.record_count, self._given(file)))
        return sorted(made, key=lambda file: file.inside)

    @property
    def hides_rows(self) -> bool:
        """Whether files of deletes hide rows of some data file."""
        return any(task.delete_files for task in self._tasks.values())

    def deleted(self, file: DataFile) -> np.ndarray:
        """Positions of the rows of a file that are deleted."""
        deletes = sorted(self._tasks[file.inside].delete_files, key=lambda one: one.file_path)
        vectors = [self._positions(one, file.inside) for one in deletes]
        return np.concatenate(vectors) if vectors else np.empty(0, np.int64)

    def reading(self, columns: Sequence[Column], schema: pa.Schema) -> tuple[Sequence[Column], Mark]:
        """The columns and what marks them in a file: field ids, or names where the table maps names to ids."""
        if any(id_of(field) for field in schema):
            return columns, id_of
        mapping = self._table.name_mapping()
        if mapping is None:
            raise SourceError(f"{self.who} has data files without field ids and no mapping of names; it was not read.")
        return names_of(columns, mapping), lambda field: field.name

    @contextmanager
    def open(self, path: str) -> Iterator[pa.NativeFile]:
        """A file of the table for random access; one on this machine is read in small pieces."""
        local = path.removeprefix("file://")

        def opening() -> Any:
            return pa.OSFile(local) if local.startswith("/") else self._io.new_input(path).open(seekable=True)

        opened = told(opening, self.who, "one of its files")
        with opened:
            yield opened

    @cached_property
    def _tasks(self) -> Mapping[str, Any]:
        if self._snapshot is None:
            return {}
        # Files that claim to be empty are looked at all the same.
        scan = self._table.scan(snapshot_id=self.snapshot, options={"include_empty_files": "true"})
        tasks = told(lambda: self._planned(scan), self.who, "its list of files (manifests)")
        return {task.file.file_path: task for task in tasks}

    def _planned(self, scan: Any) -> list[Any]:
        """The data files with the deletes that apply to them; equality deletes are refused by the library."""
        try:
            return list(scan.plan_files())
        except (ValueError, NotImplementedError) as error:
            if "equality delete" not in str(error):
                raise
        raise SourceError(
            f"{self.who} holds equality deletes, which hide rows by their values and are not supported; its rows were "
            "not read. Compact the table, or exclude it."
        )

    def _positions(self, deletes: Any, path: str) -> np.ndarray:
        """Positions in the file at ``path`` that one file of deletes holds."""
        self._check_place(deletes.file_path)
        if deletes.file_size_in_bytes > DELETES_BYTES:
            raise SourceLimitError(f"{self.who} has a file of deletes above {DELETES_BYTES // 2**20} MB; compact it.")
        what = "a file of deletes"
        match str(deletes.file_format).rpartition(".")[2].upper():
            case "PARQUET":
                return told(lambda: self._position_file(deletes.file_path, path), self.who, what)
            case "PUFFIN":
                return told(lambda: self._vector(deletes.file_path, path), self.who, what)
        raise SourceError(f"{self.who} has a file of deletes that is neither Parquet nor Puffin; it was not read.")

    def _position_file(self, deletes: str, path: str) -> np.ndarray:
        with self._io.new_input(deletes).open(seekable=True) as opened:
            table = pq.read_table(opened, columns=["file_path", "pos"])
        positions: np.ndarray = table.filter(pc.equal(table.column("file_path"), path)).column("pos").to_numpy()
        return positions

    def _vector(self, deletes: str, path: str) -> np.ndarray:
        """The vector of one data file; a file of vectors without it is damaged (KeyError)."""
        from pyiceberg.table.deletion_vector import deletion_vectors_from_puffin_file
        from pyiceberg.table.puffin import PuffinFile

        with self._io.new_input(deletes).open(seekable=True) as opened:
            payload = opened.read()
        found = {one.referenced_data_file: one for one in deletion_vectors_from_puffin_file(PuffinFile(payload))}
        vector: np.ndarray = found[path].to_vector().to_numpy()
        return vector

    def _given(self, file: Any) -> Mapping[str, Any]:
        """Values of columns that a file may lack: what was the default when they were added, and its partition."""
        from pyiceberg.transforms import IdentityTransform

        schema = self._table.schema()
        given = {one.name: one.initial_default for one in schema.fields if one.initial_default is not None}
        spec = self._table.specs()[file.spec_id]
        for n, one in enumerate(spec.fields):
            name = schema.find_column_name(one.source_id)
            if isinstance(one.transform, IdentityTransform) and name is not None:
                value = file.partition[n]
                plain = isinstance(value, bool | int | float | str | None) and schema.find_type(name).is_primitive
                kind = schema.find_type(name)
                usual = plain and str(kind) in ("boolean", "int", "long", "float", "double", "string")
                given[name] = value if usual or value is None else one.transform.to_human_string(kind, value)
        return given

    def _check_place(self, path: str) -> None:
        if self._within is not None and not (path.startswith(f"{self._within}/") and "/../" not in path):
            raise SourceError(
                f"{self.who} has files outside its folder, because it was moved or they are another's; they were not "
                "read. Read it through its catalog."
            )

    def _summed(self, name: str) -> int | None:
        """A number of the snapshot's summary; what a summary leaves out of its deletes is none."""
        summary = getattr(self._snapshot, "summary", None)
        value = summary.additional_properties.get(name) if summary is not None else None
        if value is None and name.endswith("-deletes") and summary is not None:
            return 0
        return int(value) if value is not None and value.isdigit() else None
