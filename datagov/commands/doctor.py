"""``datagov doctor``: is everything here to audit with, and what to declare next."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Collection, Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from datagov.config import FILE_NAME
from datagov.errors import UsageError
from datagov.model import Exit

if TYPE_CHECKING:
    from datagov.config import Config

PACKAGES = ("great-expectations", "presidio-analyzer", "sqlglot", "pyarrow", "pebble", "pydantic", "SQLAlchemy")
_PROBLEMS_SHOWN = 5
_COUNTED = ("dataset", "column", "job", "declaration", "owner_assertion", "file_owner")
GROUPS = ("datagov.connectors", "datagov.rulepacks", "datagov.checkers", "datagov.reports")


@click.command("doctor")
@click.option("-c", "--config", "config_file", default=FILE_NAME, show_default=True, help="The configuration.")
@click.option("--lang", type=click.Choice(["en", "zh"]), help="Language of what is said; default: the configuration's.")
def command(config_file: str, *, lang: str | None) -> int:
    """Look at this installation, the configuration and the sources, and say what to do next.

    Exit code: 0 all is well, or there is no configuration yet; 2 the configuration is wrong; 3 a part of the
    installation is missing, or a source cannot be read.
    """
    from datagov import config
    from datagov.stages.configure import refuse_missing_files

    path = Path(config_file)
    missing = not path.exists()
    if missing and config_file != FILE_NAME:
        raise UsageError(f"There is no {path}; 'datagov init sqlite:///shop.sqlite -c {path}' writes one.")
    settings = None if missing else config.load(path)
    if settings is not None:
        refuse_missing_files(settings)
    out = _Out(lang or (settings.model.language if settings else "en"))
    code = max(_installation(out), _plugins(out))
    if settings is None:
        out.tell("-", "no_config", file=path)
        return int(code)
    out.tell("ok", "valid", n=len(settings.sources), file=path)
    found, without_rows = _sources(settings, out)
    code = max(code, found)
    _tiers(settings, out, without_rows)
    _ladder(settings, out)
    return int(code)


class _Out:
    """Lines with a mark, in one language."""

    def __init__(self, language: str) -> None:
        from datagov.vocabulary import terms

        self.language = language
        self._say = terms.load().say

    def say(self, key: str, *, n: int | None = None, **values: object) -> str:
        return self._say(f"doctor.{key}", self.language, n=n, **values)

    def join(self, parts: Iterable[str]) -> str:
        return self._say("join", self.language).join(parts)

    def listed(self, names: Iterable[str]) -> str:
        return self._say("list.join", self.language).join(names)

    def tell(self, mark: str, key: str, *, n: int | None = None, **values: object) -> None:
        click.echo(f"[{mark:^4}] {self.say(key, n=n, **values)}")

    def sentence(self, text: str) -> str:
        """A sentence of a fact in the language, where its Chinese is known."""
        from datagov.vocabulary import sentences

        return sentences.text(text).of(self.language)


def _installation(out: _Out) -> Exit:
    out.tell("ok", "python", version=platform.python_version(), system=platform.system())
    code = Exit.CLEAN
    for package in PACKAGES:
        try:
            out.tell("ok", "package", package=package, version=version(package))
        except PackageNotFoundError:
            out.tell("FAIL", "no_package", package=package)
            code = Exit.INCOMPLETE
    return code


def _plugins(out: _Out) -> Exit:
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
                out.tell("FAIL", "plugin", group=group, name=f"{name}. {out.sentence(result.reason)}")
                code = Exit.INCOMPLETE
            else:
                out.tell("ok", "plugin", group=group, name=name)
    return code


def load_plugin(group: str, name: str) -> bytes:
    """Worker: import one adapter."""
    from datagov import plugins

    plugins.load(group, name)
    return b""


def _sources(settings: Config, out: _Out) -> tuple[Exit, set[str]]:
    """What is in each source; and those that hold no rows, so that access to rows says nothing of them."""
    from datagov.engine import wire
    from datagov.engine.local import LocalEngine, Lost, Task
    from datagov.stages.harvest import about, harvest_source

    code, without_rows = Exit.CLEAN, set[str]()
    with LocalEngine(workers=settings.model.limits.workers, limits=settings.limits) as engine:
        for task, result in engine.each(Task(s.name, harvest_source, (s,)) for s in settings.sources):
            if isinstance(result, Lost):
                said = out.sentence(about(task.arguments[0], result.reason))
                out.tell("FAIL", "source", name=repr(task.name), said=said)
                code = Exit.INCOMPLETE
                continue
            counts: dict[str, int] = {}
            problems: list[dict[str, Any]] = []
            for table, batch in wire.unpack(result):
                counts[table] = counts.get(table, 0) + batch.num_rows
                if table == "role" and batch.column(0)[0].as_py() != "data":
                    without_rows.add(task.name)
                if table == "problem":
                    problems += batch.to_pylist()
            kinds = [kind for kind in _COUNTED if kind in counts]
            shown = out.join(out.say(f"n_{kind}", n=counts[kind]) for kind in kinds) or out.say("nothing")
            out.tell("ok", "source_ok", name=repr(task.name), said=shown)
            for problem in problems[:_PROBLEMS_SHOWN]:
                said = out.sentence(about(task.arguments[0], problem["message"]))
                out.tell("!", "source", name=repr(task.name), said=said)
            if len(problems) > _PROBLEMS_SHOWN:
                out.tell("!", "more", n=len(problems) - _PROBLEMS_SHOWN, name=repr(task.name))
            if any(problem["fatal"] for problem in problems):
                code = Exit.INCOMPLETE
    return code, without_rows


def _tiers(settings: Config, out: _Out, without_rows: Collection[str]) -> None:
    """What each source's access lets rules settle, and what more access would add. Sources read alike share a line."""
    from datagov import rulepacks
    from datagov.contracts import Access
    from datagov.tiers import by_tier

    rules = by_tier(rulepacks.documents(settings.model.rules.packs, base=settings.base))
    alike: dict[Access, list[str]] = {}
    for source in settings.sources:
        if source.name in without_rows:
            continue
        alike.setdefault(source.access, []).append(repr(source.name))
    order = list(Access)
    for access, names in alike.items():
        have = [rule for one in order[: order.index(access) + 1] for rule in rules[one]]
        more = [
            out.say("tier_more", access=one, rules=out.listed(rules[one]))
            for one in order[order.index(access) + 1 :]
            if rules[one]
        ]
        out.tell(
            "ok",
            "tier",
            access=access,
            names=out.listed(names),
            rules=out.listed(sorted(have)),
            more="".join(out.say("tier_join", more=one) for one in more),
        )


def _ladder(settings: Config, out: _Out) -> None:
    """The evidence ladder of this configuration's last run: what to declare first."""
    from datagov import runs
    from datagov.store import Evidence

    last = runs.last_of(settings.base / settings.model.output, settings.document.file)
    if last is None:
        out.tell("-", "no_run")
        return
    evidence = Evidence(last)
    try:
        digest = hashlib.sha256((settings.base / settings.document.file).read_bytes()).hexdigest()
        if evidence.run().get("config_sha256") != digest:
            out.tell("-", "changed", run=last.parent.name, file=settings.document.file)
        if stopped := evidence.value("SELECT message FROM problem WHERE kind = 'stopped' AND fatal"):
            out.tell("next", "stopped", said=out.sentence(stopped))
        for need in evidence.each("SELECT * FROM need ORDER BY rank"):
            out.tell("next", "need", n=need["verdicts"], said=need[f"message_{out.language}"])
    finally:
        evidence.close()
