"""One lint, top to bottom: files, definitions, tracing, findings; against a run, the flows that open and close."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datagov import runs
from datagov.config import Config, utc
from datagov.config_models import ConfigModel, SourceModel
from datagov.contracts import Limits, Source
from datagov.engine.local import LocalEngine
from datagov.errors import DatagovError
from datagov.facts import ID_STRIDE
from datagov.lint import definitions, flows, personal, reading, sentences, world
from datagov.lint.files import SqlFile, choose, shown
from datagov.lint.finding import Finding, finding, land, ordered
from datagov.lint.world import World
from datagov.model import Exit, Severity
from datagov.night import Night, Progress
from datagov.stages import check
from datagov.store import Evidence, FactStore
from datagov.yamlfile import Document

_LIMITS = Limits(deadline_seconds=60.0)
"""Of a lint without a configuration."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is linted: paths, and what is known beside them.

    ``against`` is the evidence of a finished run, ``newer`` that of an incomplete one that was passed over for it.
    """

    paths: Sequence[Path]
    config: Config | None = None
    dialect: str | None = None
    catalog: Path | None = None
    against: Path | None = None
    fail_on: str | None = None
    newer: Path | None = None


@dataclass(frozen=True, slots=True)
class Lint:
    """What came of it. ``evidence`` holds the findings as facts and lives as long as the lint's context."""

    evidence: Path
    findings: Sequence[Finding]
    files: Sequence[dict[str, Any]]
    against: dict[str, Any] | None
    at_least: bool
    exit: Exit


@contextmanager
def lint(request: Request, progress: Progress = lambda stage, done, total, rows=0: None) -> Iterator[Lint]:
    """Lint files; raises UsageError for a wrong path, dialect or catalogue, DatagovError for a run of another time."""
    config = request.config or _without()
    run = Evidence(request.against) if request.against else None
    with tempfile.TemporaryDirectory(prefix="datagov-lint-") as folder:
        path = Path(folder) / "evidence.sqlite"
        try:
            files = _files(request, config, run)
            limits = config.limits
            with FactStore(path) as store, LocalEngine(workers=config.model.limits.workers, limits=limits) as engine:
                found = _work(request, config, run, files, store, engine, progress)
        finally:
            if run is not None:
                run.close()
        yield Lint(path, *found)


def _work(
    request: Request,
    config: Config,
    run: Evidence | None,
    files: list[SqlFile],
    store: FactStore,
    engine: LocalEngine,
    progress: Progress,
) -> tuple[list[Finding], list[dict[str, Any]], dict[str, Any] | None, bool, Exit]:
    as_of = utc(run.run().get("as_of") or check.now()) if run else check.now()
    night = Night(config, store, engine, as_of, 0, progress)
    fails_at = Severity(request.fail_on or config.model.rules.fail_on)
    world.describe(store, platform=config.model.platform, as_of=as_of, fail_on=fails_at.value)
    here = World(store)
    if run is not None:
        world.adopt(here, run)
    folders = [Path(os.path.abspath(path)) for path in request.paths if path.is_dir()]  # noqa: PTH100 - see files
    raw = world.replace_jobs(here, files, gone=world.under(folders, config.base))
    tables, views, broken = _tables(request, config, store, files, engine)
    home = min((job_id // ID_STRIDE for job_id in here.files), default=1)
    catalogue = world.define(store, tables, views, home=home)
    world.trace_files(night, raw, catalogue)
    found = [*reading.unreadable(files), *reading.of_files(here), *personal.leaving(here, engine)]
    for name, why in broken.items():
        found.append(finding("LINT-R05", name, 1, name, arguments={"why": why}, fatal=True))
    told = None
    if run is not None:
        world.declare(night, from_config=request.config is not None)
        opened = list(flows.compare(here))
        found += opened
        told = _against(here, run, opened, request.newer)
        for kind, sentence in sentences.of_run(told, "en"):
            night.problem(stage="check", object=told["run"], kind=kind, message=sentence, fatal=kind == "incomplete")
    findings = ordered(found)
    land(store, findings, world.owners(store))
    counters = reading.counters(here, files)
    unread = any(one["opaque"] + one["failed"] + one["unsupported"] or not one["read"] for one in counters)
    at_least = unread or bool(here.unread_before) or here.incomplete_before
    if any(one.fatal for one in findings) or here.incomplete_before:
        store.execute("UPDATE run SET value = 'false' WHERE key = 'complete'")
        return findings, counters, told, at_least, Exit.INCOMPLETE
    failing = any(one.severity.rank >= fails_at.rank for one in findings)
    return findings, counters, told, at_least, Exit.FINDINGS if failing else Exit.CLEAN


def _tables(
    request: Request, config: Config, store: FactStore, files: Sequence[SqlFile], engine: LocalEngine
) -> tuple[dict[str, list[str]], set[str], dict[str, str]]:
    """Columns by table, of the catalogue the user gives and of the DDL of the files; see ``definitions.collect``."""
    given: dict[str, list[str]] = {}
    scripts = [(file.name, file.text, file.dialect) for file in files if file.text is not None]
    if request.catalog is not None and request.catalog.suffix.lower() == ".sql":
        scripts.insert(0, _dump(request.catalog, request.dialect or (files[0].dialect if files else "postgres")))
    elif request.catalog is not None:
        given = definitions.from_file(request.catalog)
    known = {**world.known_tables(store), **given}
    seconds = min(config.limits.statement_seconds, config.limits.deadline_seconds / 2)
    tables, views, broken = definitions.collect(scripts, known, engine, seconds=seconds)
    return {**given, **tables}, views, broken


def _dump(path: Path, dialect: str) -> tuple[str, str, str]:
    try:
        return str(path), path.read_text(encoding="utf-8-sig"), dialect
    except (OSError, UnicodeError) as error:
        raise DatagovError(f"The catalogue {path} cannot be read ({type(error).__name__}).") from None


def _files(request: Request, config: Config, run: Evidence | None) -> list[SqlFile]:
    dialects: dict[str, str] = {}
    if run is not None:
        dialects = {row["file"]: row["dialect"] for row in run.rows("SELECT file, dialect FROM job WHERE file <> ''")}
    return choose(request.paths, base=config.base, dialect=request.dialect, config=request.config, dialects=dialects)


def _against(here: World, run: Evidence, opened: Sequence[Finding], newer: Path | None) -> dict[str, Any]:
    """Which run the files were compared with, and what came of it."""
    facts = run.run()
    standing = runs.standing(run.path)
    jobs = {row["file"] for row in run.rows("SELECT file FROM job WHERE file IS NOT NULL")}
    return {
        "run": run.path.parent.name,
        "as_of": facts.get("as_of", ""),
        "complete": standing == "complete",
        "comparable": not here.incomplete_before,
        "standing": standing,
        "newer_incomplete": None if newer is None else newer.parent.name,
        "known_files": sum(file.name in jobs for file in here.files.values()),
        "new_files": sum(file.name not in jobs for file in here.files.values()),
        "unread_statements": here.unread_before,
        "opened": sum(one.rule != "LINT-F09" for one in opened),
        "closed": sum(one.rule == "LINT-F09" for one in opened),
    }


def _without() -> Config:
    """What stands for datagov.yaml where there is none: no source but the files, paths from the working folder."""
    model = ConfigModel(platform="lint", sources={"lint": SourceModel(use="sqlfolder")})
    source = Source(1, "lint", "sqlfolder", {}, Path.cwd(), shown(Path.cwd(), Path.cwd()), 1)
    return Config(model, Document("datagov.yaml", {}, {}), Path.cwd(), (source,), _LIMITS)
