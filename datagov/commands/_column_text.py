"""One column in words, English or 简体中文: what it holds and why that is thought, its lineage, owners and findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from datagov.commands._lineage_forms import certainty, not_seen, protection, subtype
from datagov.vocabulary import terms

_FIRST = (
    "rows",
    "distinct",
    "hits",
    "hit_rate",
    "chance_rate",
    "interval",
    "tokens",
    "name_weights",
    "vetoes",
    "rival",
    "runners_up",
    "log_odds",
    "weighted",
    "masked_shape",
    "shape",
)
"""Evidence in the order people ask for it; the rest follows."""

_KEPT_BACK = frozenset({"verdict", "for", "kind", "dtype", "seen"})
"""The detector's own bookkeeping, said elsewhere in the same text; ``-f json`` has it."""

_UNCHECKED = frozenset({"hits", "hit_rate", "interval", "chance_rate"})
"""What means nothing where no value was looked at."""


def lines(known: Mapping[str, Any], language: str) -> Iterator[str]:
    """The description of a column (``column.describe``) for people."""
    words = _Words(language)
    yield f"{known['column']}  {known['data_type'] or ''}".rstrip()
    yield from _content(known, words)
    for row in known["exposures"]:
        how = words.name("protection", row["protection"])
        far = words.say("column.steps", n=row["hops"])
        held = words.say("column.carried", entity=row["entity"], how=how, origin=row["origin"], far=far)
        yield words.line("carries", held)
    if not known["detections"] and not known["exposures"]:
        yield words.line("detected", words.say("column.none"))
    if known["run"]["kind"] == "scan":
        yield words.line("scan", words.say("column.scan"))
        return
    for way in ("from", "to"):
        for row in known[way]:
            kind = subtype(row["subtype"], words)
            how = words.say("join").join((kind, *protection(row, language), certainty(row, words)))
            yield words.line(way, f"{row['column']}  ({how}) {row['file'] or row['job']}:{row['line']}")
    for way in ("references", "referenced_by"):
        for row in known[way]:
            loose = "" if row["enforced"] is not False else f"  ({words.say('column.loose')})"
            yield words.line(way, f"{row['column']}{loose}")
    for sentence in not_seen(known["unread"], words):
        yield words.line("sql", sentence)
    if not known["owners"]:
        yield words.line("owner", words.say("owner.none"))
    for row in known["owners"]:
        place = f"  {row['file']}:{row['line']}" if row["file"] else ""
        yield words.line(row["role"], f"{row['principal']} ({words.standing(row)}){place}")
    for row in known["findings"]:
        severity = words.name("severity", row["severity"])
        message = row[f"message_{language}"]
        said = words.say("pair", what=f"{row['rule']} {severity}", value=message)
        yield words.line("finding", f"{said} {row['file']}:{row['line']}")


def _content(known: Mapping[str, Any], words: _Words) -> Iterator[str]:
    """How the content was looked at and what it is; evidence that several verdicts share is told once."""
    each = [row["evidence"] for row in known["detections"]] or [row["evidence"] for row in known["examination"]]
    shared = (
        {key: value for key, value in each[0].items() if all(one.get(key) == value for one in each)} if each else {}
    )
    for row in known["examination"]:
        yield words.line("content", words.examined(row))
    if not known["examination"]:
        yield words.line("content", words.say("column.unread"))
    yield from words.evidence(shared)
    for row in known["detections"]:
        mask = f", {words.name('masking', row['masking'])}" if row["masking"] else ""
        sure = words.say("column.sure", confidence=f"{row['confidence']:.2f}")
        yield words.line("detected", f"{row['entity']} · {words.how(row)} · {sure}{mask}")
        own = {key: value for key, value in row["evidence"].items() if key not in shared}
        yield from words.evidence(own, beside=row["evidence"])


class _Words(terms.Spoken):
    """The words of a column's text."""

    def line(self, label: str, text: str) -> str:
        word = self.name("column.label", label)
        return f"  {word}{' ' * max(1, 10 - len(word) * (2 if self.language == 'zh' else 1))}{text}"

    def how(self, row: Mapping[str, Any]) -> str:
        return self.name("mode", "is_name" if row["mode"] == "is" and not row["by_content"] else row["mode"])

    def standing(self, row: Mapping[str, Any]) -> str:
        heir = self.say("column.heir", person=row["replaced_by"]) if row["replaced_by"] else ""
        return f"{self.name('standing', row['status'])}{heir}"

    def examined(self, row: Mapping[str, Any]) -> str:
        outcome = self.name("examined", row["outcome"])
        if row["outcome"] in ("not_examined", "unreadable"):
            return self.say("pair", what=outcome, value=self._sentence(row["reason"]))
        total = row["rows_examined"] if row["rows_total"] is None else row["rows_total"]
        text = f"{outcome}{self.say('join')}{self.say('examined.of', n=row['rows_examined'], total=f'{total:,}')}"
        if row["outcome"] == "sampled" and row["excludable_prevalence"]:
            share = f"{row['excludable_prevalence']:.2%}"
            text += f"; {self.say('scan.bound', share=share)}"
        if row.get("full_scan"):
            text += f"; {self.say('scan.full')}: {self.name('full_scan', row['full_scan'])}, {row['rows_scanned']:,}"
        return text

    def _sentence(self, reason: str | None) -> str:
        from datagov.vocabulary import sentences

        return sentences.text(reason or "").of(self.language)

    def evidence(self, evidence: Mapping[str, Any], beside: Mapping[str, Any] | None = None) -> Iterator[str]:
        """A line for each part of evidence that says something, with what its word means where that is not plain."""
        unchecked = (beside or evidence).get("seen") == 0
        order = [key for key in _FIRST if key in evidence] + sorted(evidence.keys() - {*_FIRST})
        for key in order:
            value = evidence[key]
            if key in _KEPT_BACK or value in (None, False, 0, {}, [], "") or (unchecked and key in _UNCHECKED):
                continue
            means = self.terms.words.get(f"evidence.{key}.means")
            told = "" if means is None else self.say("column.means", means=means.of(self.language))
            line = self.say("pair", what=self.name("evidence", key), value=self._shown(value))
            yield f"            {line}{told}"

    def _shown(self, value: Any) -> str:
        """A value of the evidence for people: numbers to three digits, lists with commas, yes for true."""
        if isinstance(value, bool):
            return self.say("true" if value else "false")
        if isinstance(value, float):
            return f"{value:.3g}"
        if isinstance(value, list):
            return ", ".join(self._shown(item) for item in value)
        if isinstance(value, dict):
            return ", ".join(f"{self._part(key)} {self._shown(item)}" for key, item in value.items())
        return str(value)

    def _part(self, key: str) -> str:
        return self.name("evidence", key) if f"evidence.{key}" in self.terms.words else key
