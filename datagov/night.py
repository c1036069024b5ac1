"""What every stage of one night is given: the configuration, the facts so far, the workers, and the clock."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from datagov.config import Config
from datagov.contracts import Source
from datagov.engine.local import LocalEngine
from datagov.fact_writer import FactWriter
from datagov.store import FactStore


class Progress(Protocol):
    """Called as work proceeds."""

    def __call__(self, stage: str, done: int, total: int, rows: int = 0) -> None:
        """So much of a stage is done; ``rows`` were read in it so far."""
        ...


@dataclass(frozen=True, slots=True)
class Night:
    """The context of one run."""

    config: Config
    store: FactStore
    engine: LocalEngine
    as_of: str
    """UTC ISO 8601; nothing in a run reads another clock."""
    seed: int
    progress: Progress
    before: Path | None = None
    """Evidence of the last finished run, whose verdicts on columns are kept until tonight excludes them."""

    def source(self, source_id: int) -> Source:
        """The source with that number."""
        return self.config.sources[source_id - 1]

    def problem(
        self,
        *,
        stage: str,
        object: str,
        kind: str,
        message: str,
        source_id: int | None = None,
        fatal: bool = True,
        file: str | None = None,
        line: int | None = None,
    ) -> None:
        """Record what could not be done."""
        facts = FactWriter(source_id=0)
        facts.add(
            "problem",
            stage=stage,
            source_id=source_id,
            object=object,
            kind=kind,
            message=message,
            fatal=fatal,
            file=file,
            line=line,
        )
        self.store.land(facts.batches())
