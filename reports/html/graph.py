"""Edges and statements for the lineage page, packed as arrays, with the place of every expression in its SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datagov.reports.html.packing import Places, Pool
from datagov.reports.inert import inert_block
from datagov.store import Evidence

LONGEST_SQL = 64 * 1024
"""Characters of a statement that are shown; of a longer one only the expressions are."""


def graph(
    evidence: Evidence, places: Places, pool: Pool
) -> tuple[dict[str, list[Any]], dict[str, list[Any]], Mapping[int, int]]:
    """(edges, statements, edge number by edge_id).

    An edge's ``to`` is a column's number, or ``-1 - dataset`` when it influences the whole dataset. ``at`` and
    ``len`` place its expression in the statement's SQL; ``at`` is -1 when it is not found there, and then ``text``
    holds the expression.
    """
    statements, numbers, sql_of = _statements(evidence, pool)
    names = ("from", "to", "subtype", "protection", "confidence", "reason", "statement", "file", "line", "at", "len")
    edges: dict[str, list[Any]] = {name: [] for name in (*names, "text")}
    number_of: dict[int, int] = {}
    for row in evidence.each("SELECT * FROM edge ORDER BY statement_id, edge_id"):
        source, target = places.column(row["source_column_id"]), _target(row, places)
        if source < 0 or target is None:
            continue
        number_of[row["edge_id"]] = len(number_of)
        sql, first = sql_of.get(row["statement_id"], ("", 1))
        expression = inert_block(row["expression"] or "")
        at, length = locate(sql, first_line=first, expression=expression, row=row)
        edges["from"].append(source)
        edges["to"].append(target)
        edges["subtype"].append(pool(row["subtype"] if row["type"] == "DIRECT" else f"~{row['subtype']}"))
        edges["protection"].append(pool(row["protection"]))
        edges["confidence"].append(round(100 * row["confidence"]))
        edges["reason"].append(pool(row["reason"]))
        edges["statement"].append(numbers.get(row["statement_id"], -1))
        edges["file"].append(pool(row["file"]))
        edges["line"].append(row["line"] or 0)
        edges["at"].append(at)
        edges["len"].append(length)
        edges["text"].append(expression if at < 0 else 0)
    return edges, statements, number_of


def _target(row: Mapping[str, Any], places: Places) -> int | None:
    if row["target_column_id"] is not None:
        column = places.column(row["target_column_id"])
        return column if column >= 0 else None
    dataset = places.dataset(row["target_dataset_id"])
    return -1 - dataset if dataset >= 0 else None


def _statements(
    evidence: Evidence, pool: Pool
) -> tuple[dict[str, list[Any]], Mapping[int, int], Mapping[int, tuple[str, int]]]:
    """Statements as arrays, their numbers, and (SQL, first line) of each."""
    found: dict[str, list[Any]] = {name: [] for name in ("sql", "kind", "outcome", "job", "file", "line", "ordinal")}
    numbers: dict[int, int] = {}
    sql_of: dict[int, tuple[str, int]] = {}
    query = """
        SELECT s.*, j.name AS job FROM statement s LEFT JOIN job j USING (job_id)
        ORDER BY j.name, s.job_id, s.ordinal, s.statement_id
    """
    for row in evidence.each(query):
        numbers[row["statement_id"]] = len(numbers)
        sql = inert_block(row["sql"]) if len(row["sql"]) <= LONGEST_SQL else ""
        sql_of[row["statement_id"]] = (sql, row["line"] or 1)
        found["sql"].append(sql)
        found["kind"].append(pool(row["kind"]))
        found["outcome"].append(pool(row["outcome"]))
        found["job"].append(pool(row["job"]))
        found["file"].append(pool(row["file"]))
        found["line"].append(row["line"] or 1)
        found["ordinal"].append(row["ordinal"])
    return found, numbers, sql_of


def locate(sql: str, *, first_line: int, expression: str, row: Mapping[str, Any]) -> tuple[int, int]:
    """(offset, length) of an edge's expression in its statement: the occurrence nearest to its line and column.

    An expression that does not occur letter by letter is placed by its line and column alone; (-1, 0) when
    neither works.

    >>> locate("SELECT a,\\n a + b", first_line=5, expression="a", row={"line": 6, "col": 2})
    (11, 1)
    """
    if not sql:
        return -1, 0
    expected = _offset(sql, (row["line"] or first_line) - first_line, (row["col"] or 1) - 1)
    if expression:
        at = _nearest(sql, expression, expected or 0)
        if at >= 0:
            return at, len(expression)
    if expected is None or not row["col"] or not row.get("end_line") or not row.get("end_col"):
        return -1, 0
    end = _offset(sql, row["end_line"] - first_line, row["end_col"] - 1)
    return (expected, end - expected) if end is not None and end > expected else (-1, 0)


def _offset(sql: str, line: int, col: int) -> int | None:
    """Offset of a line and column, both from 0; None when the text has no such line."""
    at = 0
    for _ in range(line):
        at = sql.find("\n", at) + 1
        if at == 0:
            return None
    return at + col if line >= 0 and at + col <= len(sql) else None


def _nearest(sql: str, expression: str, expected: int) -> int:
    """Start of the occurrence nearest to the expected offset; -1 when there is none."""
    before = sql.rfind(expression, 0, expected + len(expression))
    after = sql.find(expression, expected)
    if before < 0 or after < 0:
        return max(before, after)
    return before if expected - before < after - expected else after
