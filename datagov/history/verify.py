"""Whether the evidence of a run is still what it was when the run ended."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from datagov.errors import DatagovError
from datagov.history import contradictions, digest, index
from datagov.model import Text
from datagov.store import Evidence
from datagov.vocabulary import terms


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of it: the digest found, the entry of the index, and everything that speaks against the evidence."""

    digest: str
    entry: index.Entry | None
    faults: tuple[Text, ...]


def verify(path: Path, *, expected: str | None = None) -> Verified:
    """Compare the evidence at ``path`` with the index of its output folder and, when given, with a digest.

    Raises DatagovError when it cannot be read.
    """
    found = digest.of(path)
    faults, entry = [], None
    try:
        entry = index.find(output_of(path), path.parent.name)
        if entry is None:
            faults.append(_said("not_recorded"))
        elif entry.digest != found:
            faults.append(_said("differs", recorded=entry.digest, found=found))
    except DatagovError as error:
        faults.append(Text(str(error), str(error)))
    if expected is not None and expected.removeprefix(digest.PREFIX).lower() != found.removeprefix(digest.PREFIX):
        faults.append(_said("unexpected", expected=expected, found=found))
    evidence = Evidence(path)
    try:
        faults += contradictions.of(evidence)
    finally:
        evidence.close()
    return Verified(found, entry, tuple(faults))


def differs(path: Path) -> Text | None:
    """What a report says of evidence that the index knows with another digest; None when it knows none."""
    try:
        entry = index.find(output_of(path), path.parent.name)
    except DatagovError as error:
        return Text(str(error), str(error))
    found = digest.of(path)
    return None if entry is None or entry.digest == found else _said("differs", recorded=entry.digest, found=found)


def output_of(path: Path) -> Path:
    """The output folder of ``OUTPUT/runs/RUN/evidence.sqlite``."""
    return path.resolve().parents[2]


def _said(key: str, **values: object) -> Text:
    say = terms.load().say
    return Text(say(f"verify.{key}", "en", n=None, **values), say(f"verify.{key}", "zh", n=None, **values))
