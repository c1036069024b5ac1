"""Unchanged: what an earlier night read of a dataset stands while its source says so, for some nights.

The token and namespace of a dataset, its columns, datagov's version and the settings of detection must all be the same.
People's decisions about any of its columns, fields that SQL names, and anything that was not read then, are reasons to
read now.
The same night repeated (the same ``as_of``) reads everything, so that it gives the same evidence.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from datagov.contracts import Counted
from datagov.detect.settings import Settings
from datagov.detect.verdict import FAILED
from datagov.fact_writer import FactWriter
from datagov.facts import ID_STRIDE
from datagov.night import Night
from datagov.stages.examine import Work, first_field_id, listed_by_source
from datagov.stages.recollect import same_detection
from datagov.store import Evidence

_LOOKED = ("scanned", "sampled", "not_examined")
_DATASETS = """
SELECT s.name AS source, d.dataset_id, d.name, d.namespace, d.change_token, d.row_count
FROM dataset d JOIN source s USING (source_id)
WHERE d.change_token IS NOT NULL AND s.role = 'data'
"""
_COLUMNS = """
SELECT column_id, name, field_path, data_type, comment FROM column WHERE dataset_id = ? ORDER BY ordinal, column_id
"""
_EXAMINED = "SELECT e.* FROM examination e JOIN column c USING (column_id) WHERE c.dataset_id = ?"
_DETECTED = "SELECT t.* FROM detection t JOIN column c USING (column_id) WHERE c.dataset_id = ?"


def counted(night: Night) -> Mapping[str, Mapping[str, Counted]]:
    """What the last run counted, by source and dataset, with the token that says whether the count still holds."""
    if night.before is None:
        return {}
    found: dict[str, dict[str, Counted]] = {}
    try:
        evidence = Evidence(night.before)
        try:
            for row in evidence.each(_DATASETS):
                if row["row_count"] is not None:
                    counts = found.setdefault(row["source"], {})
                    counts[row["name"]] = Counted(row["change_token"], row["row_count"])
        finally:
            evidence.close()
    except (sqlite3.Error, OSError):
        return {}
    return found


def carry(night: Night, given: Settings, works: Iterable[Work]) -> Iterator[Work]:
    """Land what stands of an unchanged dataset; yields the work that is left to do."""
    nights = night.config.model.detection.rescan_nights
    if night.before is None or nights == 1:
        yield from works
        return
    try:
        evidence = Evidence(night.before)
    except (sqlite3.Error, OSError):
        yield from works
        return
    try:
        yield from _Before(night, evidence, nights, given).left(works)
    finally:
        evidence.close()


class _Before:
    """The last run, asked about one dataset after another."""

    def __init__(self, night: Night, evidence: Evidence, nights: int, given: Settings) -> None:
        self._night = night
        self._evidence = evidence
        self._nights = nights
        self._tokens: dict[tuple[str, str], tuple[int, str]] = {}
        run = evidence.run()
        full = night.config.model.detection.full_scan
        alike = (
            same_detection(evidence, given)
            and run.get("sample_rows") == str(night.config.limits.sample_rows)
            and run.get("full_scan") == (full.model_dump_json() if full else "")
        )
        if alike and run.get("as_of") != night.as_of:
            self._tokens = {
                (row["source"], row["name"]): (row["dataset_id"], f"{row['namespace']} {row['change_token']}")
                for row in evidence.each(_DATASETS)
            }
        self._now = {
            row["dataset_id"]: f"{row['namespace']} {row['change_token']}"
            for row in night.store.query(
                "SELECT dataset_id, namespace, change_token FROM dataset WHERE change_token IS NOT NULL"
            )
        }

    def left(self, works: Iterable[Work]) -> Iterator[Work]:
        """The work that cannot be carried over; what can is landed."""
        for work in works:
            if work.closed or work.decided or work.known or not self._carried(work):
                yield work

    def _carried(self, work: Work) -> bool:
        dataset = work.dataset
        source = self._night.source(dataset.dataset_id // ID_STRIDE)
        old_id, token = self._tokens.get((source.name, dataset.name), (0, ""))
        if not token or token != self._now.get(dataset.dataset_id):
            return False
        columns = self._evidence.rows(_COLUMNS, (old_id,))
        ids = _same_columns(work, columns)
        examined = self._evidence.rows(_EXAMINED, (old_id,))
        if ids is None or {row["column_id"] for row in examined} != ids.keys() or not self._fresh(examined):
            return False
        detected = self._evidence.rows(_DETECTED, (old_id,))
        if any('"confirmed"' in row["evidence"] for row in detected):
            return False
        self._land(work, columns, examined, detected, ids)
        return True

    def _fresh(self, examined: Sequence[Mapping[str, Any]]) -> bool:
        """Whether everything was read, and lately: what failed, or was not allowed then, is tried again."""
        return all(
            row["outcome"] in _LOOKED
            and row["read_as_of"] is not None
            and row["carried"] + 1 < self._nights
            and '"rejected"' not in (row["evidence"] or "")
            and not (row["reason"] or "").startswith(FAILED)
            for row in examined
        )

    def _land(
        self,
        work: Work,
        columns: Sequence[Mapping[str, Any]],
        examined: Sequence[Mapping[str, Any]],
        detected: Sequence[Mapping[str, Any]],
        ids: Mapping[int, int],
    ) -> None:
        facts = FactWriter(source_id=work.dataset.dataset_id // ID_STRIDE)
        ordinals = {name: n for n, (_, name) in enumerate(work.dataset.columns)}
        for row in columns:
            if row["field_path"] is not None and not listed_by_source(ids[row["column_id"]]):
                facts.add(
                    "column",
                    column_id=ids[row["column_id"]],
                    dataset_id=work.dataset.dataset_id,
                    name=row["name"],
                    field_path=row["field_path"],
                    ordinal=ordinals[row["name"]],
                    data_type=row["data_type"],
                )
        for row in examined:
            facts.add("examination", **{**row, "column_id": ids[row["column_id"]], "carried": row["carried"] + 1})
        for row in detected:
            told = {**row, "column_id": ids[row["column_id"]], "by_content": bool(row["by_content"])}
            facts.add("detection", **told)
        self._night.store.land(facts.batches())


def _same_columns(work: Work, before: Sequence[Mapping[str, Any]]) -> dict[int, int] | None:
    """Ids of columns and fields then → now; None when the columns are not the same, described the same."""
    plain = [row for row in before if row["field_path"] is None]
    if [row["name"] for row in plain] != [name for _, name in work.dataset.columns]:
        return None
    ids: dict[int, int] = {}
    home: dict[str, tuple[int, int]] = {}
    for row, (column_id, name) in zip(plain, work.dataset.columns, strict=True):
        ids[row["column_id"]] = column_id
        home[name] = (row["column_id"], column_id)
    for row in before:
        if row["field_path"] is not None:
            field_id = _same_field(work, row, home)
            if field_id is None:
                return None
            ids[row["column_id"]] = field_id
    described = {ids[row["column_id"]]: (row["data_type"], row["comment"]) for row in before}
    same = all(described.get(column_id) == told for column_id, told in work.described.items())
    return ids if same else None


def _same_field(work: Work, row: Mapping[str, Any], home: Mapping[str, tuple[int, int]]) -> int | None:
    """The id of a field now: the source lists it again, or it was found inside its column; None when it is not so."""
    if listed_by_source(row["column_id"]):
        return work.fields.get(row["name"], {}).get(row["field_path"])
    old, new = (first_field_id(column_id) for column_id in home.get(row["name"], (-1, -1)))
    if old is None or new is None:
        return None
    return new + int(row["column_id"]) - old
