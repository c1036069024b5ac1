"""Until when a consent stands on the notice it was given under: versions are compared by time, never by text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from datagov.consent.model import NoticeVersion


@dataclass(frozen=True, slots=True)
class Standing:
    """From when consent to one version is superseded for sure, and from when nobody can say; None means never."""

    superseded_from: str | None
    unclear_from: str | None


def standings(notices: Sequence[NoticeVersion]) -> dict[str, Standing]:
    """Version to its standing. A version text that two notices share with different times is left out.

    Superseded from the first later version marked as material; unclear from the first later one not marked at all.
    """
    times: dict[str, set[str]] = {}
    for notice in notices:
        times.setdefault(notice.version, set()).add(notice.effective_from)
    found: dict[str, Standing] = {}
    for version, effective in times.items():
        if len(effective) == 1:
            (since,) = effective
            found[version] = Standing(_first(notices, since, marked=True), _first(notices, since, marked=None))
    return found


def material_times(notices: Sequence[NoticeVersion]) -> list[str]:
    """Times at which a material version took effect, in order: a consent given before one is under an older notice."""
    return sorted({n.effective_from for n in notices if n.material})


def unmarked_times(notices: Sequence[NoticeVersion]) -> list[str]:
    """Times at which a version took effect of which nobody said whether it is material, in order."""
    return sorted({n.effective_from for n in notices if n.material is None and n.effective_from > _earliest(notices)})


def doubtful_from(notices: Sequence[NoticeVersion]) -> str | None:
    """From when a consent of unknown version might have been given under a superseded notice; None when never."""
    later = [n.effective_from for n in notices if n.material is not False and n.effective_from > _earliest(notices)]
    return min(later, default=None)


def _earliest(notices: Sequence[NoticeVersion]) -> str:
    return min((n.effective_from for n in notices), default="")


def _first(notices: Sequence[NoticeVersion], after: str, *, marked: bool | None) -> str | None:
    return min((n.effective_from for n in notices if n.material is marked and n.effective_from > after), default=None)
