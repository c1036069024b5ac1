"""Conclude: failures become findings with a place and an owner, findings fold into causes, unknowns into needs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from datagov import yamlfile
from datagov.fact_writer import FactWriter
from datagov.model import Location, Severity, Text
from datagov.night import Night
from datagov.store import FactStore

_FAILED = """
SELECT r.*, coalesce(r.severity, rule.severity) AS graded, rule.title_en, rule.title_zh, rule.absorbs,
    s.name AS source_name, o.name || coalesce('.' || o.field_path, '') AS origin_column, od.name AS origin_dataset
FROM result r
JOIN rule ON rule.rule = r.rule
LEFT JOIN source s ON s.source_id = r.source_id
LEFT JOIN column o ON o.column_id = r.origin_column_id
LEFT JOIN dataset od ON od.dataset_id = o.dataset_id
WHERE r.outcome = 'fail'
ORDER BY r.rule, r.subject, origin_dataset, origin_column, r.result_id
"""

_PLACES = (
    "SELECT file, line FROM edge WHERE edge_id = :edge_id",
    "SELECT file, line FROM declared WHERE dataset_id = :dataset_id AND column_id = :column_id",
    "SELECT a.file, a.line FROM owner_assignment a WHERE a.dataset_id = :dataset_id"
    # The owner of a file that fills a dataset says nothing of the dataset itself.
    " AND NOT EXISTS (SELECT 1 FROM file_owner o WHERE o.file = a.file AND o.line = a.line)"
    " ORDER BY a.role = 'data_owner' DESC, a.role, a.assertion_id",
    "SELECT file, line FROM declared WHERE dataset_id = :dataset_id ORDER BY key, value",
    "SELECT t.file, t.line FROM edge e JOIN statement t USING (statement_id)"
    " WHERE e.target_dataset_id = :dataset_id ORDER BY t.statement_id",
    "SELECT file, line FROM source WHERE source_id = :source_id",
)
"""Where to send a reader, nearest first, when the rule names no place of its own."""


def run(night: Night) -> None:
    """Land ``finding``, ``cause`` and ``need`` facts."""
    facts = FactWriter(source_id=0)
    _findings(facts, night)
    _needs(facts, night.store)
    night.store.land(facts.batches())
    night.store.commit()


def complete(store: FactStore) -> bool:
    """Whether everything was read, traced and checked, by at least one rule."""
    (row,) = store.query(
        "SELECT (SELECT count(*) FROM problem WHERE fatal) + (SELECT count(*) FROM source WHERE outcome <> 'read')"
        " + (SELECT coalesce(sum(error), 0) FROM evaluation)"
        " + (SELECT count(*) = 0 FROM evaluation) AS faults"
    )
    return bool(row["faults"] == 0)


def _findings(facts: FactWriter, night: Night) -> None:
    failed = night.store.query(_FAILED)
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    absorbed = _absorbed(failed)
    for row in failed:
        groups.setdefault(absorbed.get(row["result_id"]) or (row["rule"], _origin(row)), []).append(row)
    ordered = sorted(groups.items(), key=lambda item: (-_worst(item[1]).rank, -len(item[1]), item[0]))
    owners = _owners(night.store)
    for (rule, origin), rows in ordered:
        rows.sort(key=lambda row: (row["rule"] != rule, row["subject"] != origin, row["subject"], row["rule"]))
        place = _place(night, rows[0])
        message = _folded(rows)
        cause_id = facts.add(
            "cause",
            rule=rule,
            severity=_worst(rows).value,
            subject=origin,
            findings=len(rows),
            message_en=message.en,
            message_zh=message.zh,
            file=place.file,
            line=place.line,
        )
        for row in rows:
            place = _place(night, row)
            facts.add(
                "finding",
                fingerprint=_fingerprint(row["rule"], row["source_name"] or "", row["subject"], _origin(row)),
                rule=row["rule"],
                severity=row["graded"],
                result_id=row["result_id"],
                cause_id=cause_id,
                dataset_id=row["dataset_id"],
                column_id=row["column_id"],
                subject=row["subject"],
                owners=",".join(owners.get(row["dataset_id"], ())),
                message_en=row["message_en"],
                message_zh=row["message_zh"],
                file=place.file,
                line=place.line,
            )


def _origin(row: Mapping[str, Any]) -> str:
    """Display name of what is to be repaired: the column the fault comes from, or the subject itself."""
    if row["origin_column"]:
        return f"{row['origin_dataset']}.{row['origin_column']}"
    return str(row["subject"])


def _absorbed(failed: Sequence[Mapping[str, Any]]) -> dict[int, tuple[str, str]]:
    """Results that are the same fault as one of a rule that absorbs theirs, with the group of that one."""
    takers: dict[tuple[str, str], tuple[str, str]] = {}
    for row in failed:
        for rule in (row["absorbs"] or "").split(","):
            takers.setdefault((rule, row["subject"]), (row["rule"], _origin(row)))
    found = ((row["result_id"], takers.get((row["rule"], row["subject"]))) for row in failed)
    return {result: group for result, group in found if group is not None}


def _worst(rows: Sequence[Mapping[str, Any]]) -> Severity:
    return max((Severity(row["graded"]) for row in rows), key=lambda severity: severity.rank)


def _folded(rows: Sequence[Mapping[str, Any]]) -> Text:
    """The message of a cause: that of its first finding, and how many more there are, by rule."""
    first = rows[0]
    text = Text(first["message_en"], first["message_zh"])
    if same := sum(row["rule"] == first["rule"] for row in rows) - 1:
        places = "place" if same == 1 else "places"
        text = Text(f"{text.en} The same fault shows in {same} more {places}.", f"{text.zh}同一问题另见 {same} 处。")
    for rule, title in {row["rule"]: row for row in rows if row["rule"] != first["rule"]}.items():
        text = Text(
            f"{text.en} {rule} finds the same fault: {_lowered(title['title_en'])}.",
            f"{text.zh}{rule}（{title['title_zh']}）指向同一问题。",
        )
    return text


def _lowered(title: str) -> str:
    return title[:1].lower() + title[1:]


def _fingerprint(*parts: str) -> str:
    """Survives reformatting and line moves: no line, no text of a message goes in."""
    return hashlib.sha256("\x1f".join(part.casefold() for part in parts).encode()).hexdigest()[:16]


def _owners(store: FactStore) -> dict[int, list[str]]:
    """Who is to act, by dataset: data owners who are still here, and in place of those who left who follows them."""
    people = {row["principal"]: row for row in store.query("SELECT principal, status, replaced_by FROM principal")}
    owners: dict[int, list[str]] = {}
    for row in store.query(
        "SELECT DISTINCT dataset_id, principal FROM owner_assignment WHERE role = 'data_owner' AND status = 'active'"
        " ORDER BY 1, 2"
    ):
        here = _here(row["principal"], people)
        if here is not None and here not in owners.setdefault(row["dataset_id"], []):
            owners[row["dataset_id"]].append(here)
    return owners


def _here(principal: str | None, people: Mapping[str, Mapping[str, Any]]) -> str | None:
    """This person, or who follows them through any number of successions, if that one is still here."""
    passed: set[str] = set()
    while principal is not None and principal not in passed:
        if principal not in people:
            return None if passed else principal
        if people[principal]["status"] == "active":
            return principal
        passed.add(principal)
        principal = people[principal]["replaced_by"]
    return None


def _place(night: Night, row: dict[str, Any]) -> Location:
    """A file and line for every finding; the configuration when nothing nearer exists."""
    if row["file"] and row["line"]:
        return Location(row["file"], row["line"])
    given = {key: row[key] for key in ("edge_id", "dataset_id", "column_id", "source_id")}
    for sql in _PLACES:
        for found in night.store.query(sql, given):
            if found["file"] and found["line"]:
                return Location(found["file"], found["line"])
    return Location(night.config.document.file, 1)


def _needs(facts: FactWriter, store: FactStore) -> None:
    settled: dict[str, int] = {}
    for row in store.query("SELECT needs, arguments FROM result WHERE outcome = 'unknown' AND needs IS NOT NULL"):
        subjects = json.loads(row["arguments"]).get("subjects", 1)
        settled[row["needs"]] = settled.get(row["needs"], 0) + max(1, int(subjects))
    texts = _texts()
    for rank, (kind, verdicts) in enumerate(sorted(settled.items(), key=lambda item: (-item[1], item[0])), start=1):
        text = texts.get(kind, Text(f"Supply the evidence called {kind}.", f"请提供证据：{kind}。"))
        facts.add("need", rank=rank, kind=kind, verdicts=verdicts, message_en=text.en, message_zh=text.zh)


def _texts() -> dict[str, Text]:
    path = Path(__file__).parents[1] / "vocabulary" / "needs.yaml"
    entries: Iterable[tuple[str, dict[str, str]]] = yamlfile.load(path).value.items()
    return {kind: Text(entry["en"], entry["zh"]) for kind, entry in entries}
