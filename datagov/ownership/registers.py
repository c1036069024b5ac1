"""Reads the registers a configuration names: entities, people, purposes, notices, consent ledgers, declarations.

A register that cannot be read is a fatal ``problem`` with file and line, and counts as not connected, because
half a directory of people would make the other half look gone; every other register still counts.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from pathlib import Path
from typing import TypeVar

from datagov import yamlfile
from datagov.config import Config, Declaration, LedgerModel
from datagov.contracts import FactBatches
from datagov.errors import ConfigError
from datagov.fact_writer import FactWriter
from datagov.ownership import shapes
from datagov.ownership.keys import ROLES

LEDGER_NEEDS = ("subject", "purpose", "state", "event_time")
"""ConsentEvent fields without which a ledger says nothing."""

MAX_CSV_BYTES = 64 * 1024 * 1024

_Entry = TypeVar("_Entry")

Load = Callable[[FactWriter, Path, str], int]
"""Adds the entries of one file (its path, and its name for messages) and returns how many there are."""


def read(config: Config) -> FactBatches:
    """Facts of every register: legal_entity, principal, purpose, notice, declaration, owner_assertion, consent_ledger.

    Connected registers also give their ``register`` fact. Never raises for a bad register: that is a ``problem``.
    Ids lie behind those of the sources, so that of two equally near declarations datagov.yaml's own wins.
    """
    facts = FactWriter(source_id=len(config.sources) + 1)
    loads: tuple[tuple[str, str | None, Load], ...] = (
        ("entities", config.model.registers.entities, _entities),
        ("principals", config.model.registers.principals, _principals),
        ("purposes", config.model.registers.purposes, _purposes),
        ("notices", config.model.registers.notices, _notices),
    )
    for kind, name, load in loads:
        if name is None:
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


def _principals(facts: FactWriter, path: Path, name: str) -> int:
    reader = csv.reader(io.StringIO(_text(path, name), newline=""), strict=True)
    try:
        header = [field.strip() for field in next(reader, [])]
        if missing := {"principal", "status"} - set(header):
            raise ConfigError(f"The column {sorted(missing)[0]!r} is missing.", file=name, line=1)
        people: dict[str, int] = {}
        for row in reader:
            if not any(field.strip() for field in row):
                continue
            if len(row) != len(header):
                raise ConfigError(
                    f"This line has {len(row)} fields, the heading {len(header)}.", file=name, line=reader.line_num
                )
            fields = dict(zip(header, (field.strip() for field in row), strict=True))
            someone = shapes.person(fields, file=name, line=reader.line_num)
            if someone.principal in people:
                raise ConfigError("This principal stands here a second time.", file=name, line=reader.line_num)
            people[someone.principal] = reader.line_num
            facts.add("principal", **someone.model_dump(), file=name, line=reader.line_num)
    except csv.Error:
        raise ConfigError("This is not a valid CSV file.", file=name, line=reader.line_num or 1) from None
    return len(people)


def _text(path: Path, name: str) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError("There is no such file.", file=name) from None
    except OSError as error:
        raise ConfigError(f"The file cannot be read: {error.strerror}.", file=name) from None
    if len(raw) > MAX_CSV_BYTES:
        raise ConfigError(f"The file is larger than {MAX_CSV_BYTES // 2**20} MB.", file=name)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError("The file is not UTF-8 text.", file=name) from None


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
