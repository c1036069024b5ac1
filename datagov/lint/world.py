"""The facts lint works on: those of a finished run, or none, with the linted files' SQL in place of the old."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import datagov
from datagov.fact_writer import FactWriter
from datagov.facts import ID_STRIDE
from datagov.lint.definitions import Tables
from datagov.lint.files import SqlFile
from datagov.night import Night
from datagov.ownership.registers import read as declared_in
from datagov.ownership.resolve import resolve
from datagov.runs import COMPARABLE, standing
from datagov.stages import trace
from datagov.stages.harvest import RawStatement
from datagov.stages.matching import TRACED, Names
from datagov.stages.names import Catalogue
from datagov.stages.spread import Lineage, Seed, lineage_of, seeds_of
from datagov.store import Evidence, FactStore

ADOPTED = (
    "source",
    "dataset",
    "column",
    "job",
    "statement",
    "edge",
    "examination",
    "detection",
    "category",
    "register",
    "legal_entity",
    "principal",
    "purpose",
    "declaration",
    "declared",
    "owner_assertion",
    "owner_assignment",
    "consent_coverage",
)
"""What is taken over from a run; its findings, results and problems are its own."""

DEFINED = 2**30
"""Ids of what DDL of the linted files defines, within a source's range: behind harvest, before what SQL names."""
ADDED = TRACED + 2**30
"""Ids of what the linted SQL names, behind what the run's SQL named."""

_WRITES = re.compile(r"(?im)^\s*(create|insert|merge|update|delete|copy)\b")
_FROM_CONFIG = ("declaration", "purpose", "legal_entity")


@dataclass(slots=True)
class World:
    """A store with the linted files' SQL. ``files`` are those that were traced, by the id of their job.

    ``before`` and ``seeds`` are the lineage and the personal data of the run, ``removed`` its edges that are gone.
    """

    store: FactStore
    files: dict[int, SqlFile] = field(default_factory=dict)
    before: Lineage | None = None
    seeds: list[Seed] = field(default_factory=list)
    removed: dict[int, dict[str, Any]] = field(default_factory=dict)
    unread_before: int = 0
    """Statements of the run, outside the linted files, that nobody could see through."""
    incomplete_before: bool = False


def describe(store: FactStore, *, platform: str, as_of: str, fail_on: str) -> None:
    """The ``run`` table of a lint: complete until it turns out not to be."""
    rows = {
        "as_of": as_of,
        "platform": platform,
        "datagov": datagov.__version__,
        "fail_on": fail_on,
        "complete": "true",
    }
    for key, value in rows.items():
        store.execute("INSERT INTO run VALUES (?, ?)", (key, value))


def adopt(world: World, run: Evidence) -> None:
    """Take over a run's facts, and remember where its personal data went."""
    store = world.store
    store.adopt(run, ADOPTED)
    world.incomplete_before = standing(run.path) not in COMPARABLE
    store.execute("UPDATE source SET outcome = 'read', reason = NULL")
    world.before = lineage_of(store)
    world.seeds = seeds_of(store, world.before)


def replace_jobs(world: World, files: Sequence[SqlFile], *, gone: Callable[[str], bool]) -> list[RawStatement]:
    """Remove what the run knew of the files' jobs, and of files that are ``gone``; returns the SQL to trace."""
    store = world.store
    jobs: dict[str, list[dict[str, Any]]] = {}
    for row in store.query("SELECT * FROM job WHERE file IS NOT NULL ORDER BY job_id"):
        jobs.setdefault(row["file"], []).append(row)
    for name, known in jobs.items():
        if gone(name):
            for job in known:
                _forget(world, job["job_id"])
    raw = []
    for file in files:
        if file.text is None:
            continue
        known = jobs.get(file.name, [])
        job_id = known[0]["job_id"] if known else _new_job(store, file)
        for job in known:
            _forget(world, job["job_id"])
        store.execute("UPDATE job SET dialect = ?, line = 1 WHERE job_id = ?", (file.dialect, job_id))
        world.files[job_id] = file
        raw.append(RawStatement(job_id, _whole(world, known[0], file.text) if known else file.text, 1))
    if world.before is not None:
        world.unread_before = store.query("SELECT count(*) AS n FROM statement WHERE outcome <> 'parsed'")[0]["n"]
    return raw


def _whole(world: World, job: dict[str, Any], text: str) -> str:
    """The SQL a job's file stands for: a model is a query, and what builds it puts the rows into its relation.

    The relation is what the run's SQL of the job wrote. Lines stay where they are.
    """
    if job["kind"] == "sql_file" or _WRITES.search(text):
        return text
    targets = {edge["target_dataset_id"] for edge in world.removed.values() if edge["job_id"] == job["job_id"]}
    rows = world.store.query(
        "SELECT name FROM dataset WHERE kind NOT IN ('temporary', 'path')"
        f" AND dataset_id IN ({','.join(map(str, targets))})"
    )
    space = "{{ ' ' }}" if "{%-" in text or "{{-" in text else " "
    return f"CREATE TABLE {rows[0]['name']} AS{space}{text}" if len(rows) == 1 else text


def _forget(world: World, job_id: int) -> None:
    """Remove a job's statements and edges; the edges are remembered."""
    statements = "(SELECT statement_id FROM statement WHERE job_id = ?)"
    for row in world.store.query(f"SELECT * FROM edge WHERE statement_id IN {statements}", (job_id,)):
        world.removed[row["edge_id"]] = {**row, "job_id": job_id}
    world.store.execute(f"DELETE FROM edge WHERE statement_id IN {statements}", (job_id,))
    world.store.execute("DELETE FROM statement WHERE job_id = ?", (job_id,))


def _new_job(store: FactStore, file: SqlFile) -> int:
    """A job for a file that no run has seen."""
    home = home_of(store, file.source)
    (row,) = store.query(
        "SELECT max(job_id) AS last FROM job WHERE job_id >= ? AND job_id < ?",
        (home * ID_STRIDE + ADDED, (home + 1) * ID_STRIDE),
    )
    facts = FactWriter(source_id=home)
    job_id = facts.add(
        "job",
        job_id=home * ID_STRIDE + ADDED if row["last"] is None else row["last"] + 1,
        source_id=home,
        name=file.name,
        kind="sql_file",
        dialect=file.dialect,
        file=file.name,
        line=1,
    )
    store.land(facts.batches())
    return job_id


def home_of(store: FactStore, name: str) -> int:
    """The number of a source, which is made known when the run does not have it."""
    for row in store.query("SELECT source_id FROM source WHERE name = ?", (name,)):
        return int(row["source_id"])
    (row,) = store.query("SELECT coalesce(max(source_id), 0) + 1 AS next FROM source")
    facts = FactWriter(source_id=0)
    facts.add("source", source_id=row["next"], name=name, plugin="sqlfolder", role="pipeline", outcome="read")
    store.land(facts.batches())
    return int(row["next"])


def define(store: FactStore, tables: Tables, views: set[str], *, home: int) -> Catalogue:
    """Make known what the linted files define; returns the names their SQL is read with."""
    names = Names({row["source_id"]: row["name"] for row in store.query("SELECT source_id, name FROM source")})
    for row in store.query("SELECT dataset_id, name FROM dataset WHERE kind <> 'temporary' ORDER BY dataset_id"):
        names.add(row["dataset_id"], row["name"])
    writers: dict[int, FactWriter] = {}
    defined: set[int] = set()
    for table, columns in sorted(tables.items()):
        found = names.find(table, home)
        if len(found) > 1:
            continue
        writer = writers.setdefault(home, FactWriter(source_id=home, start=DEFINED))
        if found:
            (dataset,) = found
            source = dataset // ID_STRIDE
            writer = writers.setdefault(source, FactWriter(source_id=source, start=DEFINED))
        else:
            kind = "view" if table in views else "table"
            dataset = writer.add("dataset", source_id=home, namespace="sql", name=table, kind=kind)
            names.add(dataset, table)
        defined.add(dataset)
        known = {
            row["name"].casefold()
            for row in store.query("SELECT name FROM column WHERE dataset_id = ? AND field_path IS NULL", (dataset,))
        }
        missing = [column for column in columns if column.casefold() not in known]
        for ordinal, column in enumerate(missing, start=len(known)):
            writer.add("column", dataset_id=dataset, name=column, ordinal=ordinal)
    for writer in writers.values():
        store.land(writer.batches())
    store.commit()
    return Catalogue(store, start=ADDED, defined=defined)


def known_tables(store: FactStore) -> dict[str, list[str]]:
    """Columns by name of the datasets that the run's sources list."""
    tables: dict[str, list[str]] = {}
    for row in store.query(
        "SELECT d.name AS dataset, c.name FROM column c JOIN dataset d USING (dataset_id)"
        " WHERE c.field_path IS NULL AND d.kind IN ('table', 'view', 'file') ORDER BY d.dataset_id, c.ordinal"
    ):
        tables.setdefault(row["dataset"], []).append(row["name"])
    return tables


def trace_files(night: Night, raw: list[RawStatement], catalogue: Catalogue) -> None:
    """Trace the linted files; their statements, edges and problems land in the store."""
    trace.run(night, raw, catalogue)


def declare(night: Night, *, from_config: bool) -> None:
    """Resolve declarations for tables the run does not know too: those of today's datagov.yaml, else the run's."""
    store = night.store
    if from_config:
        own = len(night.config.sources) + 1
        contracts = "SELECT source_id FROM source WHERE role = 'declarations'"
        store.execute(f"DELETE FROM declaration WHERE source_id IS NULL OR source_id NOT IN ({contracts})")
        taken = {row["declaration_id"] for row in store.query("SELECT declaration_id FROM declaration")}
        for table in ("purpose", "legal_entity"):
            store.execute(f"DELETE FROM {table}")
        for name, batch in declared_in(night.config):
            if name == "declaration" and taken.intersection(batch.column("declaration_id").to_pylist()):
                shift = (max(taken) // ID_STRIDE + 1 - own) * ID_STRIDE
                ids = [number + shift for number in batch.column("declaration_id").to_pylist()]
                store.land([(name, batch.set_column(0, batch.schema.field(0), [ids]))])
            elif name in _FROM_CONFIG:
                store.land([(name, batch)])
    store.execute("DELETE FROM declared")
    store.execute("DELETE FROM owner_assignment")
    resolved = [(n, b) for n, b in resolve(store, as_of=night.as_of) if n in ("declared", "owner_assignment")]
    store.land(resolved)
    store.commit()


def under(folders: Sequence[Path], base: Path) -> Callable[[str], bool]:
    """Whether a file, named from ``base``, lay in one of the linted folders and is there no longer."""

    def gone(name: str) -> bool:
        path = base / name
        inside = name.lower().endswith(".sql") and any(path.is_relative_to(folder) for folder in folders)
        return inside and not path.exists()

    return gone


def owners(store: FactStore) -> Mapping[int, str]:
    """Active data owners by dataset, comma-separated."""
    rows = store.query(
        "SELECT dataset_id, group_concat(principal, ', ') AS owners FROM (SELECT DISTINCT dataset_id, principal"
        " FROM owner_assignment WHERE role = 'data_owner' AND status = 'active' ORDER BY 1, 2) GROUP BY dataset_id"
    )
    return {row["dataset_id"]: row["owners"] for row in rows}
