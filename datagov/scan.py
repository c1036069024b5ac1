"""A scan: harvest and detection alone, without lineage and rules. Its facts are kept apart from the runs of audits."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any

import datagov
from datagov import config as configuration
from datagov import facts, runs, yamlfile
from datagov.audit import run_folder
from datagov.config import Config
from datagov.config_models import ConfigModel, FullScanModel
from datagov.contracts import Limits, Source
from datagov.detect import settings
from datagov.engine.local import LocalEngine
from datagov.errors import UsageError
from datagov.night import Night, Progress
from datagov.stages import check, configure, detect, harvest, spread
from datagov.store import Evidence, FactStore


@dataclass(frozen=True, slots=True)
class Scan:
    """What came of a scan. ``evidence_path`` is the SQLite database with its facts; ``tables`` are the globs asked."""

    evidence_path: Path
    complete: bool
    tables: tuple[str, ...] = ()

    def evidence(self) -> Evidence:
        """Open the scan's facts for reading."""
        return Evidence(self.evidence_path)


def of_source(name: str, plugin: str, options: Mapping[str, Any], *, base: Path) -> Config:
    """A configuration of one source and nothing else; relative paths start at ``base``."""
    model = ConfigModel.model_validate({"platform": name, "sources": {name: {"use": plugin, **options}}})
    source = Source(1, name, plugin, options, base, "", 0)
    return Config(model, yamlfile.Document("", {}, {}), base, (source,), Limits())


def with_full_scan(config: Config) -> Config:
    """The configuration with a full scan: as it describes one, else with the default budget."""
    detection = config.model.detection
    if detection.full_scan is not None:
        return config
    wanted = detection.model_copy(update={"full_scan": FullScanModel()})
    return replace(config, model=config.model.model_copy(update={"detection": wanted}))


def run(
    config: Config,
    *,
    sources: Sequence[str] = (),
    tables: Sequence[str] = (),
    as_of: str | None = None,
    output: str | Path | None = None,
    progress: Progress = lambda stage, done, total, rows=0: None,
    engine: LocalEngine | None = None,
) -> Scan:
    """Classify the columns of a configuration's sources; the same as ``datagov scan``.

    ``sources`` are names in the configuration, ``tables`` globs over ``schema.table``; without them all is read.
    People's decisions count. Verdicts are those of this scan's own sample: no earlier run holds them.
    ``engine`` is left running. Raises ConfigError and UsageError; what goes wrong later is in the facts.
    """
    config = _only(config, sources)
    as_of = configuration.utc(as_of or config.model.as_of or check.now())
    with ExitStack() as closing:
        if engine is None:
            engine = LocalEngine(workers=config.model.limits.workers, limits=config.limits)
            closing.callback(engine.close)
        configure.refuse_wrong_sources(config, engine)
        detect.refuse_wrong_settings(config, engine, now=max(as_of, check.now()))
        folder = run_folder(config.base / (output or config.model.output), as_of, runs.SCANS)
        unfinished = folder / "evidence.unfinished.sqlite"
        with _gone_when_broken(folder), FactStore(unfinished) as store:
            night = Night(config, store, engine, as_of, config.model.seed, progress)
            _describe(night, tables)
            harvest.run(night)
            _refuse_unmatched(night, tables)
            detect.run(night, partial(_wanted, tables=tables) if sources or tables else None)
            spread.categories(store)
            complete = not store.query(
                "SELECT 1 FROM problem WHERE fatal UNION SELECT 1 FROM source WHERE outcome <> 'read'"
            )
            store.execute("UPDATE run SET value = ? WHERE key = 'complete'", ("true" if complete else "false",))
            store.index()
        path = unfinished.replace(folder / runs.FILE)
    return Scan(path, complete, tuple(tables))


@contextmanager
def _gone_when_broken(folder: Path) -> Iterator[None]:
    """A scan that does not end leaves nothing behind, and its exception says so in a note."""
    try:
        yield
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        error.add_note("Nothing of this scan is kept.")
        raise


def _only(config: Config, names: Sequence[str]) -> Config:
    """The configuration with the named sources only, numbered anew; all of them without names."""
    known = {source.name: source for source in config.sources}
    for name in names:
        if name not in known:
            raise UsageError(f"No source is called {name!r}; {config.document.file} has {', '.join(known)}.")
    kept: Iterable[Source] = (known[name] for name in dict.fromkeys(names)) if names else config.sources
    return replace(config, sources=tuple(replace(one, source_id=n) for n, one in enumerate(kept, start=1)))


def _wanted(name: str, tables: Sequence[str]) -> bool:
    folded = name.casefold()
    return not tables or any(fnmatchcase(folded, glob.casefold()) for glob in tables)


def _refuse_unmatched(night: Night, tables: Sequence[str]) -> None:
    """A glob that no table matches is a slip of the pen: nothing read must not look like nothing found."""
    names = [row["name"] for row in night.store.query("SELECT name FROM dataset")]
    for glob in tables:
        if not any(_wanted(name, [glob]) for name in names):
            night.problem(
                stage="detect",
                object=glob,
                kind="unmatched",
                message=f"No table matches {glob}; write it as schema.table, where * stands for any characters.",
            )


def _describe(night: Night, tables: Sequence[str]) -> None:
    rows = {
        "kind": "scan",
        "as_of": night.as_of,
        "seed": str(night.seed),
        "platform": night.config.model.platform,
        "datagov": datagov.__version__,
        "facts_version": str(facts.VERSION),
        "detection_sha256": settings.digest(settings.of(night.config)),
        "tables": ",".join(tables),
        "complete": "false",
    }
    for key, value in rows.items():
        night.store.execute("INSERT INTO run VALUES (?, ?)", (key, value))
    night.store.commit()
