"""How a value arrives by an edge, in words: what the step does to it, and what had been done before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from datagov.model import Protection
from datagov.vocabulary import terms

_LEVELS = tuple(Protection)
_WEAKEST = """
SELECT x.column_id, min(CASE x.protection WHEN 'none' THEN 0 WHEN 'partially_masked' THEN 1 WHEN 'pseudonymised' THEN 2
    WHEN 'aggregated' THEN 3 ELSE 4 END) AS level
FROM exposure x LEFT JOIN category k USING (entity)
WHERE coalesce(k.personal, 1) AND x.column_id IN ({})
GROUP BY x.column_id
"""


def carried(rows: Callable[[str], Iterable[Mapping[str, Any]]], columns: Iterable[int]) -> dict[int, str]:
    """The weakest protection of personal data in each of these columns (ids); a column without any is left out.

    ``rows`` runs a query over the facts, as ``Evidence.rows`` does.
    """
    wanted = sorted(set(columns))
    found: dict[int, str] = {}
    for begin in range(0, len(wanted), 5000):
        marks = ", ".join(str(int(column)) for column in wanted[begin : begin + 5000])
        found |= {row["column_id"]: _LEVELS[row["level"]].value for row in rows(_WEAKEST.format(marks))}
    return found


def words(step: str, before: str | None, language: str) -> str:
    """A ``step`` of some protection on what had the protection ``before``; None: nothing personal is known of it.

    >>> words("none", "none", "en"), words("none", "pseudonymised", "en"), words("none", None, "en")
    ('in the clear', 'already pseudonymised', 'not masked')
    """
    say, name = terms.load().say, terms.load().name
    if step == Protection.NONE and before is None:
        return say("arrives.not_masked", language)
    if before is not None and Protection(before).level > Protection(step).level:
        return say("arrives.already", language, protection=name("protection", before, language))
    return name("protection", step, language)
