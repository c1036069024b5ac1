"""A folder of Feather files as tables: an example of a connector in a package of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import feather

from datagov.contracts import DatasetRef, FactBatches, Source, Split
from datagov.errors import ConfigError, SourceError
from datagov.fact_writer import FactWriter

_OPTIONS = {"path"}


class FeatherConnector:
    """Reads ``*.feather`` files of one folder; a file is the table ``<source>.<file>``.

    Raises ConfigError for wrong options at once, SourceError for what cannot be read.
    """

    role = "data"

    def __init__(self, source: Source) -> None:
        self._source = source
        if unknown := sorted(source.options.keys() - _OPTIONS):
            self._refuse(f"has an option {unknown[0]!r} that 'feather' does not know; known: path.")
        if not isinstance(source.options.get("path"), str):
            self._refuse("needs the option 'path', the folder of Feather files.")
        self._folder = source.base / source.options["path"]

    def harvest(self) -> FactBatches:
        """Tables with their columns, rows and change tokens; a file that cannot be read is a problem."""
        writer = FactWriter(source_id=self._source.source_id)
        for name, path in self._tables().items():
            try:
                schema, rows = self._described(path)
            except SourceError as error:
                self._report(writer, name, str(error))
                continue
            seen = path.stat()
            dataset_id = writer.add(
                "dataset",
                source_id=self._source.source_id,
                namespace=f"feather://{self._source.name}",
                name=name,
                kind="file",
                row_count=rows,
                size_bytes=seen.st_size,
                change_token=f"{seen.st_mtime_ns}:{seen.st_size}",
            )
            for ordinal, field in enumerate(schema):
                writer.add(
                    "column",
                    dataset_id=dataset_id,
                    name=field.name,
                    ordinal=ordinal,
                    data_type=str(field.type),
                    nullable=field.nullable,
                )
        yield from writer.batches()

    def plan(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[Split]:
        """One split: the whole of a small table, else random rows whose numbers depend on seed and name alone."""
        if not dataset.columns:
            return []
        total = dataset.row_count or 0
        if total <= rows:
            return [Split(dataset, total, True)]
        key = hashlib.blake2b(f"{seed}\0{dataset.name}".encode("utf-8", "replace"), digest_size=8).digest()
        chosen = np.random.default_rng(int.from_bytes(key, "big")).choice(total, size=rows, replace=False)
        return [Split(dataset, rows, False, {"rows": np.sort(chosen).tolist()})]

    def read(self, split: Split) -> Iterator[pa.RecordBatch]:
        """The rows of a split; fields are called by the ids of their columns."""
        table = self._read(split.dataset.name).select([name for _, name in split.dataset.columns])
        if not split.full:
            table = table.take(split.detail["rows"])
        table = table.rename_columns([str(column_id) for column_id, _ in split.dataset.columns])
        yield from table.to_batches() or [pa.RecordBatch.from_pylist([], schema=table.schema)]

    def queries(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[tuple[str, int]]:
        """No query is sent: files are read."""
        return [] if not dataset.columns else [(f"-- reads the file of {dataset.name}", dataset.row_count or 0)]

    def pushdown(self) -> None:
        """Files compute no aggregates."""
        return

    def _tables(self) -> Mapping[str, Path]:
        if not self._folder.is_dir():
            shown = self._source.options["path"]
            raise SourceError(f"Source {self._source.name!r}: there is no folder {shown!r}; correct 'path'.")
        return {f"{self._source.name}.{path.stem}": path for path in sorted(self._folder.glob("*.feather"))}

    def _described(self, path: Path) -> tuple[pa.Schema, int]:
        """Schema and number of rows, from the file's footer and the heads of its batches."""
        try:
            with pa.memory_map(str(path)) as file, pa.ipc.open_file(file) as reader:
                rows = sum(reader.get_batch(n).num_rows for n in range(reader.num_record_batches))
                return reader.schema, rows
        except (OSError, pa.ArrowException) as error:
            raise SourceError(
                f"Source {self._source.name!r}: the file {path.name!r} is no readable Feather file "
                f"({type(error).__name__}); write it again, or take it out of the folder."
            ) from None

    def _read(self, name: str) -> pa.Table:
        path = self._tables().get(name)
        if path is None:
            raise SourceError(f"Source {self._source.name!r}: {name!r} is not there any more; run again.")
        self._described(path)
        return feather.read_table(path, memory_map=False)

    def _report(self, writer: FactWriter, name: str, message: str) -> None:
        writer.add(
            "problem",
            stage="harvest",
            source_id=self._source.source_id,
            object=name,
            kind="unreadable",
            message=message,
            fatal=True,
            file=self._source.file,
            line=self._source.line,
        )

    def _refuse(self, what: str) -> None:
        raise ConfigError(f"Source {self._source.name!r} {what}", file=self._source.file, line=self._source.line)
