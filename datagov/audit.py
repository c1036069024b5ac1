"""The night, top to bottom: harvest, trace, detect, declare, spread — then no new facts — check, conclude."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import datagov
from datagov import config as configuration
from datagov import facts, plugins, rulepacks, runs
from datagov.config import Config
from datagov.detect import settings
from datagov.engine.local import LocalEngine
from datagov.errors import DatagovError, UsageError
from datagov.history import digest, index
from datagov.model import Exit, Severity
from datagov.night import Night, Progress
from datagov.stages import check, conclude, configure, declare, detect, harvest, spread, trace
from datagov.store import Evidence, FactStore


@dataclass(frozen=True, slots=True)
class Audit:
    """What came of one run. ``evidence_path`` is the SQLite database with all its facts."""

    evidence_path: Path
    exit: Exit
    findings: int
    """Findings of any severity."""
    causes: int
    complete: bool

    def evidence(self) -> Evidence:
        """Open the run's facts for reading."""
        return Evidence(self.evidence_path)

    def report(self, name: str, *, language: str = "en") -> bytes:
        """Render the run: ``html``, ``json``, ``sarif``, ``text`` or an installed report's name."""
        render = plugins.load("datagov.reports", name)
        evidence = self.evidence()
        try:
            rendered: bytes = render(evidence, language=language)
        finally:
            evidence.close()
        return rendered


@dataclass(frozen=True, slots=True)
class Engines:
    """The processes of a night: ``workers`` read and trace, ``checks`` evaluates rules. Reusable over many nights."""

    workers: LocalEngine
    checks: LocalEngine

    @classmethod
    def of(cls, config: Config) -> Engines:
        """Engines with the limits of a configuration."""
        memory = max(config.limits.memory_mb, 1024)
        return cls(
            LocalEngine(workers=config.model.limits.workers, limits=config.limits),
            LocalEngine(workers=1, limits=replace(config.limits, memory_mb=memory)),
        )

    def close(self) -> None:
        """Stop every process."""
        self.workers.close()
        self.checks.close()


def run(
    config: Config | str | Path = configuration.FILE_NAME,
    *,
    as_of: str | None = None,
    fail_on: str | None = None,
    output: str | Path | None = None,
    progress: Progress = lambda stage, done, total, rows=0: None,
    engines: Engines | None = None,
) -> Audit:
    """Audit what a configuration names; the same as ``datagov audit``.

    ``as_of`` is a UTC time such as ``2026-06-30T16:00:00Z``. ``engines`` are left running; without them the night
    has its own. Raises ConfigError when the configuration is wrong
    and PluginError when the rules cannot be loaded; everything that goes wrong later is in the result.
    """
    if not isinstance(config, Config):
        config = configuration.load(Path(config))
    as_of = configuration.utc(as_of or config.model.as_of or check.now())
    fails_at = Severity(fail_on or config.model.rules.fail_on)
    rules = _rules(config)
    configure.refuse_missing_files(config)
    home = config.base / (output or config.model.output)
    before = runs.last(home)
    with ExitStack() as closing:
        if engines is None:
            engines = Engines.of(config)
            closing.callback(engines.close)
        configure.refuse_wrong_sources(config, engines.workers)
        detect.refuse_wrong_settings(config, engines.workers, now=max(as_of, check.now()))
        folder = run_folder(home, as_of)
        path = folder / "evidence.sqlite"
        unfinished = folder / "evidence.unfinished.sqlite"
        with _kept(unfinished, path, as_of, before), FactStore(unfinished) as store:
            night = Night(config, store, engines.workers, as_of, config.model.seed, progress, before)
            _describe(night, fails_at)
            with _kept_when_stopped(night):
                _work(night, engines.checks, rules)
    return reopen(path)


@contextmanager
def _kept(unfinished: Path, path: Path, as_of: str, before: Path | None) -> Iterator[None]:
    """Give the evidence its name when the night ends, however it ends, and keep its digest outside of it.

    When the night breaks before a source was read, or a full disk leaves its evidence in pieces, nothing stays behind.
    What became of it is a note of the exception.
    """
    try:
        yield
    except BaseException as error:
        if _holds_something(unfinished):
            unfinished.replace(path)
            with suppress(DatagovError, sqlite3.Error, OSError):  # what ended the night is the thing to tell
                _record(path, as_of, before)
            error.add_note(f"What was finished is kept in {path.parent}.")
        else:
            shutil.rmtree(path.parent, ignore_errors=True)
            error.add_note("Nothing of this run is kept.")
        raise
    unfinished.replace(path)
    _record(path, as_of, before)


def _holds_something(unfinished: Path) -> bool:
    """Whether a night's database is whole and a source was read in it."""
    if unfinished.with_name(f"{unfinished.name}-wal").exists():
        return False
    try:
        evidence = Evidence(unfinished)
        try:
            return bool(evidence.value("SELECT 1 FROM source LIMIT 1"))
        finally:
            evidence.close()
    except sqlite3.Error:
        return False


def _record(path: Path, as_of: str, before: Path | None) -> None:
    ended = reopen(path)
    previous = before.parent.name if before is not None else None
    entry = index.Entry(path.parent.name, as_of, digest.of(path), ended.complete, ended.findings, previous)
    index.append(path.parents[2], entry)


@contextmanager
def _kept_when_stopped(night: Night) -> Iterator[None]:
    """When the night is stopped or breaks, what was finished is kept and says that it is incomplete."""
    try:
        yield
    except BaseException as error:
        with suppress(DatagovError):
            night.problem(
                stage="check",
                object="audit",
                kind="stopped",
                message=f"The audit was stopped before its end {_by(error)}; run it again.",
            )
            night.store.execute("UPDATE run SET value = 'false' WHERE key = 'complete'")
        raise


def _by(error: BaseException) -> str:
    """What stopped a night, as its user knows it; a subclass of KeyboardInterrupt is SIGTERM, see ``cli``."""
    if isinstance(error, KeyboardInterrupt):
        return "by Ctrl-C" if type(error) is KeyboardInterrupt else "by SIGTERM"
    return f"({type(error).__name__})"


def _work(night: Night, checks: LocalEngine, rules: list[str]) -> None:
    """The stages in their order; what each lands is committed before the next begins."""
    warming = check.begin(checks)
    statements = harvest.run(night)
    trace.run(night, statements)
    detect.run(night)
    declare.run(night)
    spread.run(night)
    night.store.index()
    checks.result(warming)
    check.run(night, checks, rules)
    conclude.run(night)
    complete = conclude.complete(night.store)
    night.store.execute("UPDATE run SET value = ? WHERE key = 'complete'", ("true" if complete else "false",))


def reopen(path: Path) -> Audit:
    """A finished run, from its evidence."""
    evidence = Evidence(path)
    try:
        facts_of_run = evidence.run()
        severities = [Severity(row["severity"]) for row in evidence.each("SELECT severity FROM finding")]
        causes = int(evidence.value("SELECT count(*) FROM cause"))
    finally:
        evidence.close()
    complete = facts_of_run.get("complete") == "true"
    fails_at = Severity(facts_of_run.get("fail_on", "high"))
    failing = any(severity.rank >= fails_at.rank for severity in severities)
    code = Exit.INCOMPLETE if not complete else Exit.FINDINGS if failing else Exit.CLEAN
    return Audit(path, code, len(severities), causes, complete)


def _rules(config: Config) -> list[str]:
    """Ids of the rules to run. Raises UsageError for an id to ignore that no pack has."""
    known = rulepacks.rule_files(config.model.rules.packs, base=config.base)
    for rule in config.model.rules.ignore:
        if rule not in known:
            raise UsageError(
                f"{config.document.file}:{config.document.line('rules', 'ignore')}: No rule is called {rule!r}; "
                "'datagov rules' lists them all."
            )
    return [rule for rule in known if rule not in config.model.rules.ignore]


def run_folder(output: Path, as_of: str, kind: str = "runs") -> Path:
    """A new folder for this run, readable by its owner only; nothing written before is touched."""
    stamp = "".join(c for c in as_of if c.isalnum())
    home = output / kind
    for folder in (output, home):
        if folder.is_symlink():
            raise UsageError(f"The output folder {folder} is a link; name the folder itself.")
    try:
        output.mkdir(mode=0o700, parents=True, exist_ok=True)
        home.mkdir(mode=0o700, exist_ok=True)
        for n in range(1, 10_000):
            folder = home / (stamp if n == 1 else f"{stamp}-{n}")
            try:
                folder.mkdir(mode=0o700)
            except FileExistsError:
                continue
            return folder
    except OSError as error:
        raise UsageError(f"The output folder {output} cannot be written: {os.strerror(error.errno or 0)}.") from None
    raise UsageError(f"The folder {home} holds 10,000 runs of the same time; remove some.")


def _describe(night: Night, fails_at: Severity) -> None:
    """Land the ``run`` table: what must be known to repeat the run. It is complete only when its end says so."""
    text = night.config.document.file
    digest = hashlib.sha256((night.config.base / text).read_bytes()).hexdigest()
    rows = {
        "as_of": night.as_of,
        "seed": str(night.seed),
        "platform": night.config.model.platform,
        "datagov": datagov.__version__,
        "facts_version": str(facts.VERSION),
        "complete": "false",
        "fail_on": fails_at.value,
        "config": text,
        "config_sha256": digest,
        "detection_sha256": settings.digest(settings.of(night.config)),
        "sample_rows": str(night.config.limits.sample_rows),
        "full_scan": full.model_dump_json() if (full := night.config.model.detection.full_scan) else "",
        "packs": ",".join(night.config.model.rules.packs),
        "ignored_rules": ",".join(night.config.model.rules.ignore),
        **{f"package.{name}": version for name, version in _versions()},
    }
    for key, value in rows.items():
        night.store.execute("INSERT INTO run VALUES (?, ?)", (key, value))
    night.store.commit()


def _versions() -> Iterator[tuple[str, str]]:
    from importlib.metadata import version

    for name in ("great-expectations", "presidio-analyzer", "pyarrow", "sqlglot"):
        yield name, version(name)
