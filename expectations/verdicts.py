"""From what a rule's queries returned to ``evaluation`` and ``result`` facts: counts per source, a row per non-pass."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from datagov.expectations.pack import LoadedRule, Rule, Words
from datagov.expectations.phrases import BROKEN, CONSENT
from datagov.fact_writer import FactWriter
from datagov.model import Outcome, Severity
from datagov.vocabulary import sentences

FIELDS = frozenset(
    {
        "subject",
        "dataset_id",
        "outcome",
        "message",
        "column_id",
        "source_id",
        "origin_column_id",
        "edge_id",
        "needs",
        "severity",
        "file",
        "line",
    }
)
"""Fields of a violation that are understood; every other one is an argument of the message."""

_COUNTED = {
    Outcome.FAIL: "failed",
    Outcome.UNKNOWN: "unknown",
    Outcome.NOT_APPLICABLE: "not_applicable",
    Outcome.ERROR: "error",
}


class BrokenRuleError(Exception):
    """A rule whose result makes no sense; ``str()`` is a sentence without a data value."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a rule says: subjects judged per source, and a row for every one that does not pass."""

    population: Mapping[int | None, int]
    rows: Sequence[Mapping[str, Any]] = field(default_factory=tuple)

    def placed(self, sources: Mapping[int, int]) -> Judgement:
        """The same with the source of every row's dataset, where the row does not name one."""
        rows = [{"source_id": sources.get(row.get("dataset_id") or -1), **row} for row in self.rows]
        return Judgement(self.population, rows)


def report(facts: FactWriter, subject: str, message: str, **place: Any) -> None:
    """Write a fatal problem: something could not be checked."""
    facts.add("problem", stage="check", object=subject, kind="broken", message=message, fatal=True, **place)


def broke(facts: FactWriter, rule: Rule, why: str) -> None:
    """Write the one ``error`` of a rule that cannot be evaluated, and the problem that makes the audit incomplete."""
    report(facts, rule.id, f"The rule {rule.id} could not be evaluated. {why}")
    record_one(
        facts,
        rule,
        Outcome.ERROR,
        BROKEN,
        subject=rule.id,
        arguments={"rule": rule.id, "why": why, "why_zh": sentences.text(why).zh},
    )


def record(facts: FactWriter, rule: Rule, judgement: Judgement) -> None:
    """Write the evaluation of every source and the results. Raises BrokenRuleError before anything is written."""
    rows = [_result(rule, row) for row in judgement.rows]
    counts: dict[int | None, Counter[str]] = {source: Counter() for source in judgement.population}
    for row in rows:
        counts.setdefault(row["source_id"], Counter())[row["outcome"]] += 1
    for source, counted in counts.items():
        if source is not None and counted.total() > judgement.population.get(source, 0):
            raise BrokenRuleError("Its violations name more subjects than its population has.")
    for source, counted in sorted(counts.items(), key=lambda item: (item[0] is not None, item[0] or 0)):
        facts.add(
            "evaluation",
            rule=rule.id,
            source_id=source,
            passed=max(0, judgement.population.get(source, 0) - counted.total()),
            **{name: counted[outcome] for outcome, name in _COUNTED.items()},
        )
    for row in sorted(rows, key=_order):
        facts.add("result", **row)


def record_one(facts: FactWriter, rule: Rule, outcome: Outcome, text: Words, *, subject: str, **values: Any) -> None:
    """Write one result about the platform as a whole, and its evaluation."""
    arguments = values.pop("arguments", {})
    en, zh = text.filled(arguments)
    zeros = dict.fromkeys(("passed", *_COUNTED.values()), 0)
    facts.add("evaluation", rule=rule.id, **zeros | {_COUNTED[outcome]: 1})
    facts.add(
        "result",
        rule=rule.id,
        outcome=outcome.value,
        subject=subject,
        message_en=en,
        message_zh=zh,
        arguments=_json(arguments),
        **values,
    )


def describe(facts: FactWriter, loaded: LoadedRule) -> None:
    """Write the ``rule`` fact: the rule's text travels with the evidence."""
    rule = loaded.rule
    facts.add(
        "rule",
        rule=rule.id,
        concern=rule.concern,
        severity=rule.severity.value,
        pack=rule.pack,
        business_lines=",".join(rule.business_lines),
        title_en=rule.title.en,
        title_zh=rule.title.zh,
        checks_en=rule.checks.en,
        checks_zh=rule.checks.zh,
        remedy_en=rule.remedy.en,
        remedy_zh=rule.remedy.zh,
        blind_spots_en=rule.blind_spots.en,
        blind_spots_zh=rule.blind_spots.zh,
        citations=_json([citation.model_dump(exclude_none=True) for citation in rule.citations]),
        requires=",".join(rule.requires),
        absorbs=",".join(rule.absorbs) or None,
        sha256=loaded.sha256,
    )


def _result(rule: Rule, row: Mapping[str, Any]) -> dict[str, Any]:
    """A violation as the values of a ``result`` fact."""
    if missing := {"subject", "dataset_id", "outcome"} - row.keys():
        raise BrokenRuleError(f"Its violations lack the field {sorted(missing)[0]!r}.")
    if row["outcome"] not in {outcome.value for outcome in _COUNTED}:
        raise BrokenRuleError("Its violations give an outcome that is none of fail, unknown, not_applicable, error.")
    if row.get("severity") not in (None, *Severity):
        raise BrokenRuleError(f"Its violations give a severity that is none of {', '.join(Severity)}.")
    arguments = {key: value for key, value in row.items() if key not in FIELDS and value is not None}
    variant = row.get("message") or row["outcome"]
    words = rule.message.get(variant) or (CONSENT.get(variant) if rule.kind == "consent" else None)
    if words is None:
        raise BrokenRuleError(f"It has no message called {variant!r}.")
    try:
        en, zh = words.filled(row)
    except KeyError as error:
        raise BrokenRuleError(f"Its message {variant!r} names {error.args[0]!r}, which no field is called.") from None
    plain = ("source_id", "dataset_id", "column_id", "subject", "outcome", "severity", "origin_column_id", "edge_id")
    return {
        "rule": rule.id,
        **{key: row.get(key) for key in plain},
        "needs": row.get("needs"),
        "message_en": en,
        "message_zh": zh,
        "arguments": _json(arguments),
        "file": row.get("file"),
        "line": row.get("line"),
    }


def _order(row: Mapping[str, Any]) -> tuple[Any, ...]:
    keys = (row["source_id"], row["dataset_id"], row["column_id"])
    return *((key is not None, key or 0) for key in keys), row["subject"], row["message_en"]


def _json(value: Mapping[str, Any] | Iterable[Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
