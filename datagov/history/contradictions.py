"""Where the counters of a run contradict each other: what no night writes, and what deleting rows leaves behind."""

from __future__ import annotations

import sqlite3
from typing import Any

from datagov.model import Text
from datagov.store import Evidence
from datagov.vocabulary import terms

_CHECKS = {
    "results": """
        WITH counted AS (
            SELECT rule, 'fail' AS outcome, sum(failed) AS n FROM evaluation GROUP BY rule
            UNION ALL SELECT rule, 'unknown', sum(unknown) FROM evaluation GROUP BY rule
            UNION ALL SELECT rule, 'not_applicable', sum(not_applicable) FROM evaluation GROUP BY rule
            UNION ALL SELECT rule, 'error', sum(error) FROM evaluation GROUP BY rule
        ), listed AS (SELECT rule, outcome, count(*) AS n FROM result GROUP BY rule, outcome)
        SELECT rule AS what, sum(counted) AS a, sum(listed) AS b FROM (
            SELECT rule, outcome, n AS counted, 0 AS listed FROM counted
            UNION ALL SELECT rule, outcome, 0, n FROM listed
        ) GROUP BY rule, outcome HAVING sum(counted) <> sum(listed) ORDER BY rule, outcome
    """,
    "findings": """
        SELECT rule AS what, sum(failed) AS a, sum(found) AS b FROM (
            SELECT rule, 1 AS failed, 0 AS found FROM result WHERE outcome = 'fail'
            UNION ALL SELECT f.rule, 0, 1 FROM finding f
                JOIN result r ON r.result_id = f.result_id AND r.rule = f.rule AND r.outcome = 'fail'
            UNION ALL SELECT f.rule, 0, 1 FROM finding f
                WHERE f.result_id NOT IN (SELECT result_id FROM result WHERE outcome = 'fail')
        ) GROUP BY rule HAVING sum(failed) <> sum(found) ORDER BY rule
    """,
    "causes": """
        SELECT c.rule || ' · ' || c.subject AS what, c.findings AS a,
               (SELECT count(*) FROM finding f WHERE f.cause_id = c.cause_id) AS b
        FROM cause c WHERE a <> b ORDER BY c.cause_id
    """,
    "orphans": """
        SELECT f.rule AS what, count(*) AS a, 0 AS b FROM finding f
        WHERE f.cause_id NOT IN (SELECT cause_id FROM cause) GROUP BY f.rule ORDER BY f.rule
    """,
    "severity": """
        SELECT rule.rule AS what, count(*) AS a, rule.severity AS b FROM rule JOIN (
            SELECT f.rule, f.severity, r.severity AS graded FROM finding f LEFT JOIN result r USING (result_id)
            UNION ALL SELECT c.rule, c.severity, (
                SELECT f.severity FROM finding f WHERE f.cause_id = c.cause_id
                ORDER BY instr('critical high medium low indicator', f.severity) LIMIT 1
            ) FROM cause c
        ) said ON said.rule = rule.rule AND said.severity <> coalesce(said.graded, rule.severity)
        GROUP BY rule.rule, rule.severity ORDER BY rule.rule
    """,
}
"""By the word ``contradiction.<name>``: rows of ``what`` with the two numbers ``a`` and ``b`` that do not agree."""


def of(evidence: Evidence) -> list[Text]:
    """A sentence per contradiction. A run that was stopped is told as such; what it had not written is none."""
    if evidence.value("SELECT count(*) FROM problem WHERE kind = 'stopped' AND fatal"):
        return []
    say = terms.load().say
    return [
        Text(say(f"contradiction.{name}", "en", **row), say(f"contradiction.{name}", "zh", **row))
        for name, sql in _CHECKS.items()
        for row in _rows(evidence, sql)
    ]


def _rows(evidence: Evidence, sql: str) -> list[dict[str, Any]]:
    """The rows of a check; none where the run is of a version that had not the fields it compares."""
    try:
        return evidence.rows(sql)
    except sqlite3.OperationalError:
        return []
