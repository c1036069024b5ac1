"""Declare: registers, comments and declarations are read and resolved per dataset: nearest wins, conflicts are kept."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from datagov.config_models import DirectoryModel
from datagov.engine import wire
from datagov.engine.local import LocalEngine, Lost, Task
from datagov.errors import ConfigError
from datagov.fact_writer import FactWriter
from datagov.night import Night
from datagov.ownership import comments, jobs
from datagov.ownership.registers import load_people, read
from datagov.ownership.resolve import resolve

_REFUSED = b"{"
"""How a worker's answer begins that is a refusal; facts begin with a zero."""


def run(night: Night) -> None:
    """Land what was declared, then what it means for each dataset."""
    model = night.config.model.registers.principals
    night.store.land(read(night.config, people=partial(people_apart, night.engine, model) if model else None))
    night.store.land(comments.read(night.store))
    night.store.land(jobs.read(night.store))
    night.store.land(resolve(night.store, as_of=night.as_of))
    night.store.commit()
    night.progress("declare", 1, 1)


def read_people(model: DirectoryModel, path: Path, name: str) -> bytes:
    """Worker: the people of a directory file as facts, or why it is refused, with file and line."""
    facts = FactWriter(source_id=0)
    try:
        load_people(model, facts, path, name)
    except ConfigError as error:
        return json.dumps({"message": str(error), "file": error.file, "line": error.line}).encode()
    return wire.pack(facts.batches())


def people_apart(engine: LocalEngine, model: DirectoryModel, facts: FactWriter, path: Path, name: str) -> int:
    """Read the directory in a worker, whose memory and time are watched; raises ConfigError as reading it here does."""
    result = engine.result(engine.start(Task(name, read_people, (model, path, name))))
    if isinstance(result, Lost):
        raise ConfigError(f"The directory of people could not be read. {result.reason}", file=name)
    if result.startswith(_REFUSED):
        told = json.loads(result)
        error = ConfigError(told["message"])
        error.file, error.line = told["file"], told["line"]
        raise error
    found = 0
    for table, batch in wire.unpack(result):
        for row in batch.to_pylist():
            facts.add(table, **row)
        found += batch.num_rows if table == "principal" else 0
    return found
