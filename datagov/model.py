"""The few value types everything speaks in; standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Exit(IntEnum):
    """Exit codes of ``datagov``; a higher code wins except that findings (1) never hide an incomplete run (3)."""

    CLEAN = 0
    """The audit is complete and nothing is at or above ``--fail-on``."""
    FINDINGS = 1
    """The audit is complete and at least one finding is at or above ``--fail-on``."""
    USAGE = 2
    """The command line or a configuration file is wrong; nothing was audited."""
    INCOMPLETE = 3
    """Something could not be read, traced or checked, or evidence does not verify: nothing may be called clean."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C; what was finished is kept."""
    TERMINATED = 143
    """Stopped by SIGTERM; what was finished is kept."""


class Outcome(StrEnum):
    """What a rule says of one subject. Only ``fail`` is a violation; ``unknown`` never becomes ``pass``."""

    PASS = "pass"  # noqa: S105 - an outcome, not a password
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"
    ERROR = "error"


class Severity(StrEnum):
    """How bad a violation is; ``indicator`` never fails an audit."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INDICATOR = "indicator"

    @property
    def rank(self) -> int:
        """0 for an indicator up to 4 for critical."""
        return (Severity.INDICATOR, Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL).index(self)


class Protection(StrEnum):
    """How strongly a copy of personal data is protected, weakest first (see ``docs/lineage.md``)."""

    NONE = "none"
    PARTIALLY_MASKED = "partially_masked"
    PSEUDONYMISED = "pseudonymised"
    AGGREGATED = "aggregated"
    CLEARED = "cleared"

    @property
    def level(self) -> int:
        """0 for no protection up to 4 for cleared; along an edge the higher level wins."""
        return tuple(Protection).index(self)


@dataclass(frozen=True, slots=True)
class Text:
    """One user-visible sentence in English and 简体中文."""

    en: str
    zh: str

    def of(self, language: str) -> str:
        """The sentence in a language, ``en`` or ``zh``."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Location:
    """A place a person can open: a file as the user wrote its path, and a line counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"
