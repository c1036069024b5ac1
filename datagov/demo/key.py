"""The answer key of the demo and its comparison with what an audit found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from datagov import yamlfile
from datagov.model import Text
from datagov.store import Evidence


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of the key: what a rule says, or must not say, of a subject, and why."""

    rule: str
    subject: str
    why: Text

    @property
    def pair(self) -> tuple[str, str]:
        """(rule, subject): what a finding is compared by."""
        return self.rule, self.subject


@dataclass(frozen=True, slots=True)
class Key:
    """The whole key."""

    findings: tuple[Answer, ...]
    look_alikes: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What an audit did not find although it is there, and what it found although it is not; (rule, subject) pairs."""

    missing: tuple[tuple[str, str], ...]
    extra: tuple[tuple[str, str], ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.extra)


@cache
def key() -> Key:
    """The key, read from ``answers.yaml``."""
    value = yamlfile.load(Path(__file__).with_name("answers.yaml")).value
    return Key(_answers(value["findings"]), _answers(value["look_alikes"]))


def compare(evidence: Evidence) -> Difference:
    """How the findings of an audit of the demo differ from the key; falsy when they are equal.

    A subject reported twice by one rule counts as extra.
    """
    expected = Counter(answer.pair for answer in key().findings)
    found = Counter((row["rule"], row["subject"]) for row in evidence.each("SELECT rule, subject FROM finding"))
    return Difference(tuple(sorted((expected - found).elements())), tuple(sorted((found - expected).elements())))


def _answers(rows: list[dict[str, Any]]) -> tuple[Answer, ...]:
    return tuple(Answer(row["rule"], row["subject"], Text(row["why"]["en"], row["why"]["zh"])) for row in rows)
