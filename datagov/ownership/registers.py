"""Reads the registers a configuration names: entities, people, purposes, notices, consent ledgers, declarations.

A register that cannot be read is a fatal ``problem`` with file and line, and counts as not connected, because
half a directory of people would make the other half look gone; every other register still counts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import TypeVar

from datagov import jsonfile, yamlfile
from datagov.config import Config
from datagov.config_models import Declaration, DirectoryModel, LedgerModel
from datagov.contracts import FactBatches
from datagov.errors import ConfigError
from datagov.fact_writer import FactWriter
from datagov.ownership import directory, directory_csv, directory_json, directory_ldif, shapes
from datagov.ownership.keys import ROLES
from datagov.plural import counted

LEDGER_NEEDS = ("subject", "purpose", "state", "event_time")
"""ConsentEvent fields without which a ledger says nothing."""

MAX_DIRECTORY_MB = 64

NO_DIRECTORY = DirectoryModel(file="")
"""A directory that is not configured."""

_Entry = TypeVar("_Entry")

Load = Callable[[FactWriter, Path, str], int]
"""Adds the entries of one file (its path, and its name for messages) and returns how many there are."""


def read(config: Config, *, people: Load | None = None) -> FactBatches:
    """Facts of every register: legal_entity, principal, purpose, notice, declaration, owner_assertion, consent_ledger.

    ``people`` reads the directory in place of this process, which a large export would cost memory and time.

    Connected registers also give their ``register`` fact. Never raises for a bad register: that is a ``problem``.
    Ids lie behind those of the sources, so that of two equally near declarations datagov.yaml's own wins.
    """
    facts = FactWriter(source_id=len(config.sources) + 1)
    model = config.model.registers.principals or NO_DIRECTORY
    loads: tuple[tuple[str, str | None, Load], ...] = (
        ("entities", config.model.registers.entities, _entities),
        ("principals", model.file, people or partial(load_people, model)),
        ("purposes", config.model.registers.purposes, _purposes),
        ("notices", config.model.registers.notices, _notices),
    )
    for kind, name, load in loads:
        if not name:
            continue
        line = config.document.line("registers", kind)
        collected = FactWriter(source_id=len(config.sources) + 1)
        try:
            entries = load(collected, config.base / name, name)
        except ConfigError as error:
            _problem(facts, error, name=name, config=config, line=line)
            continue
        yield from collected.batches()
        facts.add("register", kind=kind, connected=True, entries=entries, file=config.document.file, line=line)
    _ledgers(facts, config)
    for n, declaration in enumerate(config.model.declarations):
        _declare(facts, config, n, declaration)
    yield from facts.batches()


def _problem(facts: FactWriter, error: ConfigError, *, name: str, config: Config, line: int) -> None:
    """A register that cannot be used, placed in its own file when the fault has a line there."""
    facts.add(
        "problem",
        stage="declare",
        object=name,
        kind="unreadable",
        message=str(error),
        fatal=True,
        file=error.file if error.line else config.document.file,
        line=error.line or line,
    )


def _entities(facts: FactWriter, path: Path, name: str) -> int:
    document = yamlfile.load(path, name=name)
    entries: list[shapes.Entity] = shapes.validated(document, shapes.FILES["entities"])
    for n, entry in enumerate(_unique(entries, lambda e: e.entity, document)):
        facts.add("legal_entity", **entry.model_dump(), file=name, line=document.line(n))
    return len(entries)


def _purposes(facts: FactWriter, path: Path, name: str) -> int:
    document = yamlfile.load(path, name=name)
    roots: list[shapes.Purpose] = shapes.validated(document, shapes.FILES["purposes"])
    seen: set[str] = set()
    for node, parent, place in _walk(roots, None, ()):
        line = document.line(*place)
        if node.purpose in seen:
            raise ConfigError("This purpose stands in the tree a second time.", file=name, line=line)
        seen.add(node.purpose)
        facts.add(
            "purpose",
            purpose=node.purpose,
            parent=parent,
            title_en=node.title.en,
            title_zh=node.title.zh,
            file=name,
            line=line,
        )
    return len(seen)


def _walk(
    nodes: Iterable[shapes.Purpose], parent: str | None, place: tuple[yamlfile.Key, ...]
) -> Iterator[tuple[shapes.Purpose, str | None, tuple[yamlfile.Key, ...]]]:
    for n, node in enumerate(nodes):
        yield node, parent, (*place, n)
        yield from _walk(node.children, node.purpose, (*place, n, "children"))


def _notices(facts: FactWriter, path: Path, name: str) -> int:
    document = yamlfile.load(path, name=name)
    entries: list[shapes.Notice] = shapes.validated(document, shapes.FILES["notices"])
    for n, entry in enumerate(_unique(entries, lambda e: f"{e.notice} {e.version}", document)):
        for purpose in [entry.purpose] if isinstance(entry.purpose, str) else entry.purpose:
            values = entry.model_dump() | {"purpose": purpose}
            facts.add("notice", **values, file=name, line=document.line(n))
    return len(entries)


def _unique(entries: list[_Entry], key: Callable[[_Entry], str], document: yamlfile.Document) -> Iterator[_Entry]:
    seen: set[str] = set()
    for n, entry in enumerate(entries):
        if key(entry) in seen:
            raise ConfigError("This key stands in the file a second time.", file=document.file, line=document.line(n))
        seen.add(key(entry))
        yield entry


def load_people(model: DirectoryModel, facts: FactWriter, path: Path, name: str) -> int:
    """Add the people of a directory file, and how many have no key; raises ConfigError with file and line."""
    seen: set[str] = set()
    keyless: list[int] = []
    for read in _people(model, path, name):
        if read.person is None:
            keyless.append(read.line)
            continue
        if read.person.principal in seen:
            raise ConfigError("This principal stands here a second time.", file=name, line=read.line)
        seen.add(read.person.principal)
        facts.add("principal", **read.person.model_dump(), file=name, line=read.line)
    if keyless and not seen:
        raise ConfigError(
            "No entry has an attribute that can be a principal's key; name it with 'fields: {principal: …}'.",
            file=name,
            line=keyless[0],
        )
    if keyless:
        message = (
            f"{name} has {counted(len(keyless), 'entry', 'entries')} without an e-mail address or account name; "
            "left out."
        )
        place = {"file": name, "line": keyless[0]}
        facts.add("problem", stage="declare", object=name, kind="no_key", message=message, fatal=False, **place)
    return len(seen)


def _people(model: DirectoryModel, path: Path, name: str) -> Iterator[directory.Read]:
    """The people of a directory file in whichever format; raises ConfigError with file and line."""
    text = jsonfile.text_of(path, name, most_mb=MAX_DIRECTORY_MB)
    if model.kind == "csv":
        yield from directory_csv.people(text, name)
        return
    if model.kind == "ldif":
        records = directory_ldif.records(text, name)
    else:
        at = tuple(model.list_.split(".")) if model.list_ else ()
        records = directory_json.records(text, name, by_line=model.kind == "ndjson", at=at)
    fields: dict[str, list[str]] = {key: [one] if isinstance(one, str) else one for key, one in model.fields.items()}
    words: dict[str, list[str]] = dict(model.words.items())
    settings = directory.Settings(fields, words, model.otherwise)
    yield from directory.people(records, settings, name)


def _ledgers(facts: FactWriter, config: Config) -> None:
    sources = {source.name: source.source_id for source in config.sources}
    connected = 0
    for n, ledger in enumerate(config.model.registers.consent):
        line = config.document.line("registers", "consent", n)
        if fault := _ledger_fault(ledger, sources):
            error = ConfigError(fault, file=config.document.file, line=line)
            _problem(facts, error, name=ledger.table, config=config, line=line)
            continue
        connected += 1
        mapping = {
            "table": ledger.table,
            "columns": dict(ledger.columns),
            "given": ledger.given,
            "withdrawn": ledger.withdrawn,
            "ignored": ledger.ignored,
        }
        facts.add(
            "consent_ledger",
            source_id=sources[ledger.source],
            mapping=json.dumps(mapping, ensure_ascii=False, sort_keys=True),
            file=config.document.file,
            line=line,
        )
    if connected:
        line = config.document.line("registers", "consent")
        facts.add("register", kind="consent", connected=True, entries=connected, file=config.document.file, line=line)


def _ledger_fault(ledger: LedgerModel, sources: dict[str, int]) -> str | None:
    if ledger.source not in sources:
        return f"The consent ledger names the source {ledger.source!r}, which is not configured."
    if missing := [field for field in LEDGER_NEEDS if field not in ledger.columns]:
        return f"The consent ledger maps no column to {missing[0]!r}; without it no event can be read."
    lists = {
        name: {word.strip().lower() for word in words}
        for name, words in (("given", ledger.given), ("withdrawn", ledger.withdrawn), ("ignored", ledger.ignored))
    }
    for one, other in combinations(lists, 2):
        if both := lists[one] & lists[other]:
            return f"The consent ledger lists the word {sorted(both)[0]!r} both as {one} and as {other}."
    if not ledger.given:
        return "The consent ledger lists no word that means consent was given."
    return None


def _declare(facts: FactWriter, config: Config, n: int, declaration: Declaration) -> None:
    """One entry of ``declarations``: owners become assertions, every other key a declaration per value."""
    for key, value in declaration.model_dump(exclude={"select"}, exclude_none=True).items():
        place = {"file": config.document.file, "line": config.document.line("declarations", n, key)}
        if role := ROLES.get(key):
            facts.add("owner_assertion", selector=declaration.select, principal=value, role=role, **place)
            continue
        for one in [value] if isinstance(value, str) else value:
            facts.add("declaration", selector=declaration.select, key=key, value=one, **place)
