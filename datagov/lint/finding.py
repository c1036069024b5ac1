"""What lint says of a line of SQL, and the rules it says it by (``rules.yaml``)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import as_file, files
from typing import Any

from datagov import yamlfile
from datagov.fact_writer import FactWriter
from datagov.model import Severity, Text
from datagov.store import FactStore


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about one line. ``fatal`` marks SQL that was not read: the result is incomplete."""

    rule: str
    file: str
    line: int
    subject: str
    message: Text
    severity: Severity
    fatal: bool = False
    edge_id: int | None = None
    origin_column_id: int | None = None
    dataset_id: int | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    fingerprint: str = ""


@cache
def documents() -> dict[str, dict[str, Any]]:
    """Every rule of lint by id, in the form of the rules of an audit."""
    with as_file(files("datagov.lint").joinpath("rules.yaml")) as path:
        rules: list[dict[str, Any]] = yamlfile.load(path).value
    return {
        rule["id"]: {"concern": "lineage", "requires": [], "citations": [], **rule}
        for rule in sorted(rules, key=lambda rule: str(rule["id"]))
    }


def finding(
    rule: str,
    file: str,
    line: int | None,
    subject: str,
    *,
    severity: Severity | None = None,
    arguments: Mapping[str, Any] | None = None,
    words: Mapping[str, str] | None = None,
    **rest: Any,
) -> Finding:
    """A finding whose sentences are those of its rule, filled with ``arguments`` and ``words``."""
    document = documents()[rule]
    values = {"subject": subject, **(arguments or {}), **(words or {})}
    message = Text(*(document["message"][language].format_map(values) for language in ("en", "zh")))
    worth = severity or Severity(document["severity"])
    return Finding(rule, file, line or 1, subject, message, worth, arguments=arguments or {}, **rest)


def ordered(found: Iterable[Finding]) -> list[Finding]:
    """Findings by file, line and rule, each once, with fingerprints that survive a move to another line."""
    unique = {(f.file, f.line, f.rule, f.subject, f.message.en): f for f in found}
    times: dict[str, int] = {}
    result = []
    for one in (unique[key] for key in sorted(unique)):
        identity = json.dumps([one.rule, one.file, one.subject, one.message.en], ensure_ascii=False)
        times[identity] = times.get(identity, 0) + 1
        digest = hashlib.sha256(f"{identity}{times[identity]}".encode("utf-8", "surrogatepass")).hexdigest()
        result.append(replace(one, fingerprint=digest[:16]))
    return result


def land(store: FactStore, found: Iterable[Finding], owners: Mapping[int, str]) -> None:
    """Findings as the facts that every report of an audit renders: rules, results and findings."""
    facts = FactWriter(source_id=0)
    for rule in documents().values():
        both = {
            f"{key}_{language}": rule[key][language].strip()
            for key in ("title", "checks", "remedy", "blind_spots")
            for language in ("en", "zh")
        }
        facts.add(
            "rule",
            rule=rule["id"],
            concern=rule["concern"],
            severity=rule["severity"],
            pack="lint",
            business_lines="any",
            citations="[]",
            requires="",
            sha256=hashlib.sha256(json.dumps(rule, sort_keys=True).encode()).hexdigest(),
            **both,
        )
    for cause, one in enumerate(found):
        shared = {
            "rule": one.rule,
            "dataset_id": one.dataset_id,
            "subject": one.subject,
            "message_en": one.message.en,
            "message_zh": one.message.zh,
            "file": one.file,
            "line": one.line,
        }
        result_id = facts.add(
            "result",
            outcome="fail",
            edge_id=one.edge_id,
            origin_column_id=one.origin_column_id,
            arguments=json.dumps(one.arguments, ensure_ascii=False, sort_keys=True),
            **shared,
        )
        facts.add(
            "finding",
            fingerprint=one.fingerprint,
            severity=one.severity.value,
            result_id=result_id,
            cause_id=cause,
            owners=owners.get(one.dataset_id or -1, ""),
            **shared,
        )
    store.land(facts.batches())
