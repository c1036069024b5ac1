"""One way to report what a connector could not read: a ``problem`` fact with a place to open."""

from __future__ import annotations

from datagov.contracts import Source
from datagov.fact_writer import FactWriter


def report(
    writer: FactWriter,
    source: Source,
    what: str,
    kind: str,
    message: str,
    *,
    fatal: bool,
    file: str | None = None,
    line: int = 1,
) -> None:
    """Add a ``problem`` of the harvest about ``what``; without ``file`` it stands where the source is configured."""
    writer.add(
        "problem",
        stage="harvest",
        source_id=source.source_id,
        object=what,
        kind=kind,
        message=message,
        fatal=fatal,
        file=file or source.file,
        line=line if file else source.line,
    )
