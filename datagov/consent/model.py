"""Words of consent: the verdicts on a row, the ledger's mapping, versions of a notice, and what is asked of a dataset.

Semantics (one sentence each; :mod:`datagov.consent.reference` is the same in plain Python):

- A consent is in force from the event that gives it (inclusive) to the next event of the same subject and purpose,
  to ``valid_until``, or to a withdrawal of the purpose processed for or a wider one; the first of them ends it
  (exclusive).
- Consent to a purpose covers the purposes within it, never the wider one. So does a withdrawal.
- ``event_time`` is what was true, ``recorded_at`` what could be known: processing after a withdrawal that had not yet
  been recorded is a verdict of its own.
- A withdrawal is not retroactive: processing before it stays covered.
- A subject the ledger does not know is a verdict of its own, before anything else.
- An event whose state nobody listed may have given consent or ended it: later rows of its subject and purpose are
  unclear until the next event that can be understood. A consent whose end cannot be read is unclear throughout.
- A withdrawal of everything (``*`` or ``all``) reaches every purpose; consent to everything is specific to none.
- Events for a recipient are about a disclosure; they neither give nor end consent to the handler's own processing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class Verdict(StrEnum):
    """What can be said of one row, best first: of several, the best holds."""

    COVERED = "covered"
    """A consent was in force when the row was processed."""
    UNCLEAR_NOTICE = "unclear_notice"
    """In force, but whether the notice it was given under had been superseded cannot be said."""
    BUNDLED_ACTION = "bundled_action"
    """In force, but given by one action together with other purposes."""
    NOT_SEPARATE = "not_separate"
    """In force, but general where separate consent is demanded."""
    SUPERSEDED_NOTICE = "superseded_notice"
    """In force, but given under a notice that a material version had replaced."""
    UNCLEAR_TERM = "unclear_term"
    """Given, but until when cannot be read."""
    UNCLEAR_STATE = "unclear_state"
    """The latest event has a state that nobody listed: it may have given consent or ended it."""
    WITHDRAWN = "withdrawn"
    """Processed after a withdrawal that was on record: it was ignored."""
    WITHDRAWN_RECORDED_LATE = "withdrawn_recorded_late"
    """Processed after a withdrawal that was recorded only later."""
    NOT_IN_FORCE = "not_in_force"
    """Consent was given, but not yet, or it had expired."""
    NO_RECORD = "no_record"
    """The ledger knows the subject, but no consent to this purpose."""
    UNDATED = "undated"
    """The row has no readable processing time, so nothing can be said of it."""
    UNMATCHED_IDENTITY = "unmatched_identity"
    """The row has no subject key, or one the ledger does not know."""

    @property
    def rank(self) -> int:
        """Position in the order above, from 0."""
        return tuple(Verdict).index(self)


FIELDS = (
    "subject",
    "purpose",
    "controller",
    "recipient",
    "state",
    "kind",
    "event_time",
    "recorded_at",
    "valid_until",
    "notice_version",
    "action_id",
)
"""Fields of a ConsentEvent, in the order in which they are read."""


EVERYTHING = ("*", "all")
"""Purposes that stand for every purpose, in lower case."""


class Demand(StrEnum):
    """What the law asks of the consent beyond being in force."""

    SEPARATE = "separate"
    """Separate or written consent, not a general one (PIPL Art. 23, 25, 29, 39)."""
    OWN_ACTION = "own_action"
    """An action of its own for every purpose, not one for several."""


@dataclass(frozen=True, slots=True)
class NoticeVersion:
    """One version of the notice for a purpose. ``material`` is None when the register does not say."""

    version: str
    effective_from: str
    """UTC ISO 8601."""
    material: bool | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where consent events are and what their columns are called; ``columns`` maps fields of FIELDS to columns."""

    schema: str | None
    table: str
    columns: dict[str, str]
    given: Sequence[str]
    withdrawn: Sequence[str]
    ignored: Sequence[str] = ()
    """States that neither give nor end consent; one in none of the three lists is unclear."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is asked of one dataset for one purpose. Plain values, so that it can travel as JSON."""

    subject_key: str
    processed_at: str
    ledger: Ledger
    purposes: Sequence[str]
    """The purpose processed for and every wider one: consent to any of them covers it."""
    controller: str | None
    """Legal entity the consent must name, when the ledger maps ``controller``; None accepts any."""
    notices: Sequence[NoticeVersion]
    demands: Sequence[Demand] = ()

    def to_json(self) -> str:
        """The same as JSON."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Inverse of :meth:`to_json`."""
        values: dict[str, Any] = json.loads(text)
        return cls(
            **values
            | {
                "ledger": Ledger(**values["ledger"]),
                "notices": [NoticeVersion(**notice) for notice in values["notices"]],
                "demands": [Demand(demand) for demand in values["demands"]],
            }
        )
