"""Recollect: what the last finished run said of each column, where the same detection said it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping

import datagov
from datagov.detect import settings
from datagov.detect.settings import Settings
from datagov.detect.stability import Remembered, recalled
from datagov.night import Night
from datagov.store import Evidence

Column = tuple[str, str, str]
"""Source, dataset and ``column`` or ``column.field``; the last two in lower case."""

_SAID = """
SELECT s.name AS source, d.name AS dataset, c.name || coalesce('.' || c.field_path, '') AS name, e.evidence
FROM examination e JOIN column c USING (column_id) JOIN dataset d USING (dataset_id) JOIN source s USING (source_id)
WHERE e.evidence IS NOT NULL
"""


def recollect(night: Night, given: Settings) -> Mapping[Column, Remembered]:
    """Verdicts of the last run by column; none when there was no run, it cannot be read, or detection changed since.

    That detection changed, so that a verdict may differ with no change in the data, is a ``problem`` that does not
    make the audit incomplete.
    """
    if night.before is None or not given.stability:
        return {}
    try:
        return _read(night, given)
    except (sqlite3.Error, OSError, ValueError, KeyError, TypeError):
        _say(
            night,
            "The last run's verdicts cannot be read, so tonight's stand for themselves: a verdict near the border "
            "may differ from last time although the data did not change.",
        )
        return {}


def same_detection(evidence: Evidence, given: Settings) -> bool:
    """Whether a run was made by this version of datagov with these settings of detection."""
    run = evidence.run()
    return run.get("datagov") == datagov.__version__ and run.get("detection_sha256") == settings.digest(given)


def _read(night: Night, given: Settings) -> dict[Column, Remembered]:
    assert night.before is not None
    evidence = Evidence(night.before)
    try:
        if not same_detection(evidence, given):
            _say(
                night,
                "The version of datagov or the settings under 'detection' changed since the last run, so tonight's "
                "verdicts stand for themselves: one that differs may be due to the change, not to the data.",
            )
            return {}
        found: dict[Column, Remembered] = {}
        for row in evidence.each(_SAID):
            memory = json.loads(row["evidence"]).get("memory")
            if memory is not None:
                found[row["source"], row["dataset"].casefold(), row["name"].casefold()] = recalled(memory)
        return found
    finally:
        evidence.close()


def _say(night: Night, message: str) -> None:
    night.problem(
        stage="detect",
        object="detection",
        kind="settings_changed",
        message=message,
        fatal=False,
        file=night.config.document.file,
        line=night.config.document.line("detection"),
    )
