"""ClickHouse: a server over HTTP or a folder by chDB; system tables, samples by part and row, and nothing written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from datagov.asked import Noted
from datagov.connectors import _clickhouse_catalog as catalog
from datagov.connectors import _clickhouse_parts as parting
from datagov.connectors import _clickhouse_sample as sample
from datagov.connectors import _problems as problems
from datagov.connectors._clickhouse_cells import settled
from datagov.connectors._clickhouse_draw import Drawn
from datagov.connectors._clickhouse_folder import Folder, FolderDoor, engine
from datagov.connectors._clickhouse_grants import add_grants
from datagov.connectors._clickhouse_harvest import Harvest, unread
from datagov.connectors._clickhouse_history import add_history
from datagov.connectors._clickhouse_http import HttpDoor, driver
from datagov.connectors._clickhouse_open import Caps, rows, sentences
from datagov.connectors._clickhouse_options import ClickhouseOptions, session, wrong
from datagov.connectors._clickhouse_preflight import powers, sufficient_grants
from datagov.connectors._clickhouse_pushdown import AS_THE_STANDARD, PushdownConnection
from datagov.connectors._neighbours import noted
from datagov.connectors._options import chosen, located, shown, validated
from datagov.contracts import DatasetRef, FactBatches, Pushdown, Source, Split
from datagov.errors import SourceError, SourceRefusedError, UsageError
from datagov.fact_writer import FactWriter
from datagov.plural import counted

_BATCH_ROWS = 8_192
_REDRAWS = 3
_UNKNOWN_TABLE = 60
_AnyDoor = HttpDoor | FolderDoor


class ClickhouseConnector:
    """Reads one ClickHouse server, or one folder. A dataset is called ``database.table``.

    Raises ConfigError for wrong options at once, SourceError when the source is first used, SourceRefusedError when the
    account may do more than read. A folder stays open, as a snapshot, while the connector lives.
    """

    role = "data"

    def __init__(self, source: Source) -> None:
        self._source = source
        self._options = options = validated(source, ClickhouseOptions)
        self._databases = options.databases
        self._caps = Caps(
            options.statement_seconds, options.threads, options.memory_mb, options.read_rows, options.result_mb
        )
        self._folder: Folder | None = None
        self._kept: FolderDoor | None = None
        if options.path is not None:
            engine()
            self._folder = Folder(located(source, options.path), self._caps)
            self._who = f"Source {source.name!r}: the folder {shown(self._folder.path, source)!r}"
            if options.dsn or options.host or options.user or options.password:
                raise wrong(source, "has 'path' beside the options of a server; it is one or the other.")
            return
        driver()
        self._who = f"Source {source.name!r}: the server"
        self._session, named = session(source, options, self._caps)
        self._databases = self._databases or named

    @staticmethod
    def options_from_url(url: str) -> dict[str, str]:
        """Options for ``clickhouse://user@host:8443/database``, or ``chdb:///folder`` for one below this folder.

        Raises UsageError when the URL holds a password or names nothing.
        """
        parts = urlsplit(url)
        if parts.password:
            raise UsageError("The URL holds a password; leave it out and set 'password: ${NAME}' in the configuration.")
        if parts.scheme == "chdb":
            path = unquote(parts.path).removeprefix("/")
            if not path:
                raise UsageError("The URL names no folder; write chdb:///lake.")
            return {"path": path}
        return {"dsn": f"clickhouse://{url.partition('://')[2]}"}

    @property
    def namespace(self) -> str:
        """OpenLineage namespace ``clickhouse://host:port``, or ``chdb://folder``; without credentials."""
        if self._folder is None:
            return f"clickhouse://{self._session.host}:{self._session.port}"
        return f"chdb://{shown(self._folder.path, self._source)}"

    def harvest(self) -> FactBatches:
        """Tables, views and dictionaries with columns, comments and row counts; what SQL defines as jobs; accounts,
        roles, privileges and remembered queries, as far as the server shows them; problems.
        """
        writer = FactWriter(source_id=self._source.source_id)
        source = self._source
        with self._open() as door, sentences(self._who):
            seen = catalog.databases(door, self._databases)
            names = [name for name, kind in seen.items() if kind in catalog.DATABASES]
            relations = catalog.relations(door, names)
            wanted = [one for one in relations if self._chosen(one)]
            columns, states = catalog.columns(door, names), catalog.states(door, names)
            places = Harvest(writer, source, self.namespace).add(wanted, columns, states)
            if isinstance(door, HttpDoor):
                self._add_control(writer, door, places)
            self._report_open(writer, door)
            if states is None:
                message = (
                    f"{self._who} does not show this account the parts of its tables, so rows are not counted, what "
                    "did not change is read again, and of large tables only the first rows are sampled; GRANT SELECT "
                    "ON system.parts to it."
                )
                problems.report(writer, source, source.name, "parts_hidden", message, fatal=False)
            self._report_elsewhere(writer, door, seen)
        for name in self._databases:
            if name not in seen and name not in {one.name for one in door.left_out}:
                message = (
                    f"{self._who} shows no database {name!r}; correct 'databases', or grant this account SELECT on it."
                )
                problems.report(writer, source, name, "unreadable", message, fatal=True)
        if not wanted:
            message = (
                f"{self._who} shows {counted(len(relations), 'table')}, of which 'databases', 'include' and 'exclude' "
                "leave none; correct them."
            )
            problems.report(writer, source, source.name, "empty", message, fatal=bool(relations))
        yield from writer.batches()

    def plan(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[Split]:
        """One split for a sample; for a dataset of at most ``rows`` rows, splits that cover all of it."""
        if not dataset.columns:
            return []
        with self._open() as door, sentences(self._about(dataset)):
            queries, total, full = self._queries(door, dataset, rows, seed)
        most = rows if total is None else min(rows, total)
        return [
            Split(
                dataset,
                min(most, query.touched) if full else most,
                full,
                _detail(query, rows, seed),
                fair=full or bool(query.parts) or (total is not None and total <= sample.SCAN_ROWS),
            )
            for query in queries
        ]

    def read(self, split: Split) -> Iterator[pa.RecordBatch]:
        """The rows of a split; times and every other type that Arrow lacks come as ClickHouse's own text, in UTC.

        A sample whose parts were merged meanwhile is drawn again.
        """
        detail, dataset = split.detail, split.dataset
        who = self._about(dataset)
        if "sql" not in detail:
            raise SourceError(f"{who} was planned by another connector or version; plan it again.")
        with self._open() as door, sentences(who):
            query = sample.Query(detail["sql"], 0, detail["parts"], detail["single"], detail["drawn"])
            for _ in range(_REDRAWS):
                table = door.table(query.sql, single=query.single)
                if not query.parts or parting.are_there(door, self._found(door, dataset.name), query.parts):
                    break
                if split.full:
                    raise SourceError(f"{who} changed while it was read; run again.")
                (query, *_), _, _ = self._queries(door, dataset, detail["rows"], detail["seed"])
            else:
                raise SourceError(f"{who} changes faster than it can be read; run again at a quieter time.")
        yield from _batches(table, dataset, query.drawn)

    def queries(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[tuple[str, int]]:
        """The SQL of :meth:`plan` and :meth:`read`; only the catalog is asked for it, never rows.

        The number is the rows each query may read; a view may read more below it.
        """
        if not dataset.columns:
            return []
        with self._open() as door, sentences(self._about(dataset)):
            relation, known = self._place(door, dataset)
            if unread(relation) or relation.engine in catalog.MADE_UP:
                return []
            parts = parting.parts_of(door, relation, known)
            names = [name for _, name in dataset.columns]
            total = parts.total if parts.rows else dataset.row_count
            counted = [parting.left_sql(relation, parts)] if parts.masked and parts.total > rows else []
            if total is not None and total <= rows:
                found = sample.whole(relation, names, known, parts.rows, total)
            else:
                found = [sample.sample(relation, names, known, parts.rows, most=rows, seed=seed)]
        return [*counted, *((query.sql, query.touched) for query in found)]

    def pushdown(self) -> Pushdown:
        """Aggregates inside the server or folder, in sessions that only read; the password stays in the creator."""
        return Pushdown(
            url="clickhousedb+connect://", creator=self._connect_checked, dialect="clickhouse", locate=self._locate
        )

    def _queries(
        self, door: _AnyDoor, dataset: DatasetRef, most: int, seed: int
    ) -> tuple[list[sample.Query], int | None, bool]:
        """What to send, the number of rows as far as it is known, and whether it is all of them."""
        relation, known = self._place(door, dataset)
        if reason := unread(relation):
            raise SourceError(f"{self._about(dataset)} {reason}.")
        if relation.engine in catalog.MADE_UP:
            return [], 0, True
        names = [name for _, name in dataset.columns]
        parts = parting.parts_of(door, relation, known)
        held = parts.total if parts.rows else dataset.row_count
        total, left = held, 1.0
        if parts.masked and parts.total > most:
            total, left = self._left(door, relation, parts)
        elif total is None:
            ((count,),) = rows(door, sample.count_up_to_sql(relation, most))
            total = int(count) if count <= most else None
        if total is not None and total <= most:
            return sample.whole(relation, names, known, parts.rows, held or total), total, True
        return [sample.sample(relation, names, known, parts.rows, most=most, seed=seed, left=left)], total, False

    def _left(self, door: _AnyDoor, relation: catalog.Relation, parts: parting.Parts) -> tuple[int | None, float]:
        """The number of rows that were not deleted, None where only their share is known; and that share."""
        sql, among = parting.left_sql(relation, parts)
        ((count,),) = rows(door, sql)
        gone = parts.masked_rows * (1 - int(count) / among)
        exact = parts.total - among + int(count) if among == parts.masked_rows else None
        return exact, 1 - gone / parts.total

    def _place(self, door: _AnyDoor, dataset: DatasetRef) -> tuple[catalog.Relation, dict[str, catalog.Column]]:
        relation = self._found(door, dataset.name)
        key = (relation.database, relation.name)
        known = {one.name: one for one in catalog.columns(door, [relation.database], relation.name).get(key, ())}
        if any(name not in known for _, name in dataset.columns):
            raise SourceError(f"{self._about(dataset)} has lost a column since it was harvested; run again.")
        return relation, known

    def _found(self, door: _AnyDoor, dataset: str) -> catalog.Relation:
        found = catalog.find(door, dataset)
        if len(found) == 1:
            return found[0]
        reason = "is the name of two tables because of its dots" if found else "is not there any more; run again"
        raise SourceError(f"Source {self._source.name!r}: the dataset {dataset!r} {reason}.")

    def _locate(self, dataset: str) -> tuple[str | None, str]:
        """Database and table of a dataset."""
        with self._open() as door, sentences(self._who):
            relation = self._found(door, dataset)
        return relation.database, relation.name

    def _add_control(self, writer: FactWriter, door: HttpDoor, places: Any) -> None:
        """Who may do what, and what ran, as far as the server shows it."""
        source = self._source
        if not add_grants(writer, door, places, source_id=source.source_id):
            message = (
                f"{self._who} does not show this account who else may read; GRANT SHOW USERS, SHOW ROLES ON *.*, and "
                "SELECT ON system.grants and system.role_grants, to it."
            )
            problems.report(writer, source, source.name, "grants_hidden", message, fatal=False)
        options = self._options
        if not options.history_days:
            return
        code = add_history(
            writer,
            door,
            list(places),
            source_id=source.source_id,
            left_out=options.accounts_left_out,
            days=options.history_days,
        )
        if code not in (0, _UNKNOWN_TABLE):
            message = (
                f"{self._who} does not show this account the queries that ran (error {code}); GRANT SELECT ON "
                "system.query_log to it, or set 'history_days: 0'."
            )
            problems.report(writer, source, source.name, "history_hidden", message, fatal=False)

    def _report_open(self, writer: FactWriter, door: _AnyDoor) -> None:
        """What the way in leaves open: limits that a profile fixes, a network, tables that are not in the snapshot."""
        source = self._source
        if door.unset:
            message = (
                f"{self._who} lets this account set no limit, and its profile has none on {', '.join(door.unset)}; "
                "give the profile one, or 'readonly = 2'."
            )
            problems.report(writer, source, source.name, "no_limit", message, fatal=False)
        if self._folder is not None and not door.offline:
            message = (
                f"{self._who} was opened with network, which this system does not let datagov take away, so views that "
                "refresh themselves and dictionaries may have asked other systems; run it on Linux where seccomp is "
                "allowed, or without network."
            )
            problems.report(writer, source, source.name, "online", message, fatal=False)
        for name in [one.name for one in door.left_out if not one.engine]:
            message = f"{self._who} holds a table {name!r} that reads a stream once it is opened; it was left out."
            problems.report(writer, source, name, "unreadable", message, fatal=False)

    def _report_elsewhere(self, writer: FactWriter, door: _AnyDoor, seen: Mapping[str, str]) -> None:
        """Databases that are those of another system: their tables cannot even be listed without asking it."""
        elsewhere = {one.name: one.engine for one in door.left_out if one.engine}
        elsewhere |= {name: kind for name, kind in seen.items() if kind not in catalog.DATABASES}
        for name, kind in sorted(elsewhere.items()):
            message = (
                f"{self._who} holds a database {name!r} whose tables lie elsewhere ({kind}); it was left out, audit "
                "that source itself."
            )
            problems.report(writer, self._source, name, "unreadable", message, fatal=name in self._databases)

    @contextmanager
    def _open(self) -> Iterator[_AnyDoor]:
        """An opened server, closed afterwards; or the folder, which stays open."""
        if self._folder is not None:
            yield self._noted(self._opened_folder(self._folder))
            return
        door = HttpDoor(self._session, who=self._who)
        try:
            noted = self._noted(door)
            self._refuse_powers(noted)
            yield noted
        finally:
            door.close()

    def _noted(self, door: Any) -> Any:
        asked = self._source.asked
        return door if asked is None else Noted(door, "table", asked)

    def _opened_folder(self, folder: Folder) -> FolderDoor:
        if self._kept is None:
            self._kept = FolderDoor(folder, who=self._who)
        return self._kept

    def _connect_checked(self) -> PushdownConnection:
        if self._folder is not None:
            return PushdownConnection.of_folder(self._opened_folder(self._folder).client(AS_THE_STANDARD))
        door = HttpDoor(self._session, who=self._who)
        try:
            self._refuse_powers(door)
        except SourceError:
            door.close()
            raise
        return PushdownConnection.of_server(door)

    def _refuse_powers(self, door: HttpDoor) -> None:
        """Raise SourceRefusedError when the account may do more than read and nobody insists."""
        if self._options.allow_privileged:
            return
        with sentences(self._who):
            found = powers(door, profile_readonly=door.profile_readonly)
        if found:
            raise SourceRefusedError(
                f"Source {self._source.name!r} was refused because its account {'; '.join(found)}; use one that can "
                f"only read ({sufficient_grants(self._databases)}), or insist with 'allow_privileged: true'."
            )

    def _about(self, dataset: DatasetRef) -> str:
        return f"Source {self._source.name!r}: the dataset {dataset.name!r}"

    def _chosen(self, relation: catalog.Relation) -> bool:
        return chosen(relation.dataset, include=self._options.include, exclude=self._options.exclude)


def _detail(query: sample.Query, most: int, seed: int) -> dict[str, Any]:
    how = {"parts": query.parts, "single": query.single, "drawn": query.drawn}
    return {"sql": query.sql, **how, "rows": most, "seed": seed}


def _batches(table: pa.Table, dataset: DatasetRef, drawn: Drawn | None) -> Iterator[pa.RecordBatch]:
    alike = 1.0
    if drawn is not None:
        *_, parts, places = table.columns
        alike = drawn.alike(parts.to_pylist(), places.to_pylist())
        table = table.select(list(range(len(dataset.columns))))
    arrays, fields = [], []
    for (column_id, _), column in zip(dataset.columns, table.columns, strict=True):
        array, notes = settled(column)
        arrays.append(array)
        fields.append(pa.field(str(column_id), array.type, metadata=dict(notes)))
    whole = noted(pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields)), alike)
    for start in range(0, max(whole.num_rows, 1), _BATCH_ROWS):
        yield whole.slice(start, _BATCH_ROWS)
