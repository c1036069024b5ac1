"""``datagov doctor``: is everything here to audit with, and what to declare next."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from datagov.config import FILE_NAME
from datagov.model import Exit
from datagov.plural import counted

if TYPE_CHECKING:
    from datagov.config import Config

PACKAGES = ("great-expectations", "presidio-analyzer", "sqlglot", "pyarrow", "pebble", "pydantic", "SQLAlchemy")
_PROBLEMS_SHOWN = 5
GROUPS = ("datagov.connectors", "datagov.rulepacks", "datagov.checkers", "datagov.reports")


@click.command("doctor")
@click.option("-c", "--config", "config_file", default=FILE_NAME, show_default=True, help="The configuration.")
def command(config_file: str) -> int:
    """Look at this installation, the configuration and the sources, and say what to do next."""
    code = max(_installation(), _plugins())
    path = Path(config_file)
    if not path.exists():
        _tell("-", f"There is no {path} here; 'datagov init sqlite:///shop.sqlite' writes one.")
        return int(code)
    from datagov import config

    settings = config.load(path)
    _tell("ok", f"{path} is valid: {counted(len(settings.sources), 'source')}.")
    code = max(code, _sources(settings))
    _tiers(settings)
    _ladder(settings)
    return int(code)


def _tell(mark: str, sentence: str) -> None:
    click.echo(f"[{mark:^4}] {sentence}")


def _installation() -> Exit:
    _tell("ok", f"Python {platform.python_version()} on {platform.system()}.")
    code = Exit.CLEAN
    for package in PACKAGES:
        try:
            _tell("ok", f"{package} {version(package)}")
        except PackageNotFoundError:
            _tell("FAIL", f"{package} is not installed: pip install {package}")
            code = Exit.INCOMPLETE
    return code


def _plugins() -> Exit:
    """Load every adapter except the checker's library, whose import takes seconds and is tried in a worker."""
    from datagov import plugins
    from datagov.contracts import Limits
    from datagov.engine.local import LocalEngine, Lost, Task

    code = Exit.CLEAN
    names = [(group, name) for group in GROUPS for name in plugins.names(group)]
    with LocalEngine(workers=1, limits=Limits(deadline_seconds=60)) as engine:
        for (group, name), (_, result) in zip(
            names, engine.each(Task(name, load_plugin, (group, name)) for group, name in names), strict=True
        ):
            if isinstance(result, Lost):
                _tell("FAIL", result.reason)
                code = Exit.INCOMPLETE
            else:
                _tell("ok", f"{group}: {name}")
    return code


def load_plugin(group: str, name: str) -> bytes:
    """Worker: import one adapter."""
    from datagov import plugins

    plugins.load(group, name)
    return b""


def _sources(settings: Config) -> Exit:
    from datagov.engine import wire
    from datagov.engine.local import LocalEngine, Lost, Task
    from datagov.stages.harvest import about, harvest_source

    code = Exit.CLEAN
    with LocalEngine(workers=settings.model.limits.workers, limits=settings.limits) as engine:
        for task, result in engine.each(Task(s.name, harvest_source, (s,)) for s in settings.sources):
            if isinstance(result, Lost):
                _tell("FAIL", f"Source {task.name!r}: {about(task.arguments[0], result.reason)}")
                code = Exit.INCOMPLETE
                continue
            counts: dict[str, int] = {}
            problems: list[dict[str, Any]] = []
            for table, batch in wire.unpack(result):
                counts[table] = counts.get(table, 0) + batch.num_rows
                if table == "problem":
                    problems += batch.to_pylist()
            shown = ", ".join(counted(counts[t], t) for t in ("dataset", "column", "job", "declaration") if t in counts)
            _tell("ok", f"Source {task.name!r}: {shown or 'nothing in it'}.")
            for problem in problems[:_PROBLEMS_SHOWN]:
                _tell("!", f"Source {task.name!r}: {about(task.arguments[0], problem['message'])}")
            if len(problems) > _PROBLEMS_SHOWN:
                told = counted(len(problems) - _PROBLEMS_SHOWN, "more problem")
                _tell("!", f"Source {task.name!r}: {told}; 'datagov audit -v' lists them.")
            if any(problem["fatal"] for problem in problems):
                code = Exit.INCOMPLETE
    return code


def _tiers(settings: Config) -> None:
    """What each source's access lets rules settle, and what more access would add. Sources read alike share a line."""
    from datagov import rulepacks
    from datagov.contracts import Access
    from datagov.tiers import by_tier

    rules = by_tier(rulepacks.documents(settings.model.rules.packs, base=settings.base))
    alike: dict[Access, list[str]] = {}
    for source in settings.sources:
        alike.setdefault(source.access, []).append(repr(source.name))
    order = list(Access)
    for access, names in alike.items():
        have = [rule for one in order[: order.index(access) + 1] for rule in rules[one]]
        more = [f"{one} would add {', '.join(rules[one])}" for one in order[order.index(access) + 1 :] if rules[one]]
        _tell(
            "ok",
            f"Access {access} ({', '.join(names)}) can settle {', '.join(sorted(have))}"
            + (f"; {'; '.join(more)}." if more else "."),
        )


def _ladder(settings: Config) -> None:
    """The evidence ladder of the last run: what to declare first."""
    from datagov import runs
    from datagov.store import Evidence

    done = runs.finished(settings.base / settings.model.output)
    if not done:
        _tell("-", "No audit has run yet; 'datagov audit' does the first.")
        return
    evidence = Evidence(done[-1])
    try:
        if stopped := evidence.value("SELECT message FROM problem WHERE kind = 'stopped' AND fatal"):
            _tell("next", f"{stopped} 'datagov audit' begins it anew.")
        for need in evidence.each("SELECT * FROM need ORDER BY rank"):
            _tell("next", f"{need['message_en']} This settles {need['verdicts']} unknown verdicts.")
    finally:
        evidence.close()
