"""Tracing inside a night: one statement that never ends costs itself only, caps are honoured, own functions count."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from datagov.audit import Audit, Engines, run
from datagov.config import load
from datagov.contracts import Limits
from datagov.engine.local import LocalEngine
from datagov.errors import ConfigError

Night = Callable[..., Audit]

DOUBLING = ", ".join(f"c{n} AS (SELECT x.*, y.* FROM c{n - 1} x, c{n - 1} y)" for n in range(1, 40))
ENDLESS = f"WITH c0 AS (SELECT email FROM main.customer), {DOUBLING} SELECT * FROM c39"
"""Each step has twice the columns of the one before: 2 to the power of 39 at the end."""


def rows(audit: Audit, sql: str) -> list[dict[str, Any]]:
    evidence = audit.evidence()
    try:
        return evidence.rows(sql)
    finally:
        evidence.close()


def edges(audit: Audit) -> list[str]:
    found = rows(
        audit,
        "SELECT d.name || '.' || c.name || ' ' || e.protection AS edge FROM edge e"
        " JOIN column c ON c.column_id = e.target_column_id JOIN dataset d USING (dataset_id)"
        " WHERE e.type = 'DIRECT' ORDER BY 1",
    )
    return [row["edge"] for row in found]


def test_a_statement_that_never_ends_is_a_problem_with_its_line_and_its_neighbours_are_traced(
    shop: Path, audited: Night
) -> None:
    (shop / "sql" / "mailing.sql").write_text(
        "INSERT INTO main.mailing SELECT email FROM main.customer;\n"
        "CREATE TEMP TABLE main.step AS SELECT email AS e FROM main.customer;\n"
        f"{ENDLESS};\n"
        "INSERT INTO main.nobody SELECT e FROM main.step;\n"
    )

    audit = audited(settings="limits: {statement_seconds: 0.5}\n")

    assert edges(audit) == ["main.mailing.address none", "main.nobody.email none", "main.step.e none"]
    (problem,) = rows(audit, "SELECT kind, message, file, line, fatal FROM problem WHERE stage = 'trace'")
    assert (problem["kind"], problem["file"], problem["line"]) == ("deadline", "sql/mailing.sql", 3)
    assert problem["fatal"] and not audit.complete
    assert "0.5 s" in problem["message"]
    assert [row["outcome"] for row in rows(audit, "SELECT outcome FROM statement ORDER BY line")] == [
        "parsed",
        "parsed",
        "failed",
        "parsed",
    ]
    assert not list(shop.rglob("*.progress"))


def test_two_statements_that_never_end_cost_two(shop: Path, audited: Night) -> None:
    good = "INSERT INTO main.mailing SELECT email FROM main.customer;\n"
    (shop / "sql" / "mailing.sql").write_text(f"{ENDLESS};\n{good}{ENDLESS};\n")

    audit = audited(settings="limits: {statement_seconds: 0.5}\n")

    assert edges(audit) == ["main.mailing.address none"]
    found = rows(audit, "SELECT line FROM problem WHERE kind = 'deadline' ORDER BY line")
    assert [row["line"] for row in found] == [1, 3]


def test_a_cell_of_a_notebook_that_never_ends_costs_its_own_statement(shop: Path, audited: Night) -> None:
    good = "%%sql\nINSERT INTO main.mailing SELECT email FROM main.customer;\n"
    sources = [good, f"%%sql\n{ENDLESS};\nINSERT INTO main.nobody SELECT email FROM main.customer;\n", good]
    cells = [{"cell_type": "code", "source": one, "metadata": {}, "outputs": []} for one in sources]
    (shop / "nb").mkdir()
    (shop / "nb" / "a.ipynb").write_text(json.dumps({"nbformat": 4, "metadata": {}, "cells": cells}))
    (shop / "sql" / "mailing.sql").write_text("SELECT 1;\n")
    path = shop / "datagov.yaml"
    path.write_text(
        "platform: shop\nas_of: 2026-06-30T16:00:00Z\nlimits: {statement_seconds: 0.5}\nsources:\n"
        "  shop: {use: sqlite, path: shop.db}\n  nb: {use: notebooks, path: nb, dialect: sqlite}\n"
    )
    with LocalEngine(workers=1, limits=Limits()) as one, LocalEngine(workers=1, limits=Limits()) as other:
        audit = run(path, engines=Engines(one, other))

        assert edges(audit) == ["main.mailing.address none", "main.mailing.address none", "main.nobody.email none"]
        (problem,) = rows(audit, "SELECT kind, object FROM problem WHERE stage = 'trace'")
        assert problem == {"kind": "deadline", "object": "a.ipynb[2]"}


def test_a_masking_function_of_ones_own_counts(shop: Path, audited: Night) -> None:
    (shop / "sql" / "mailing.sql").write_text("INSERT INTO main.mailing SELECT util_mask(email) FROM main.customer;\n")

    assert edges(audited()) == ["main.mailing.address none"]
    settings = "lineage: {functions: {Util_Mask: partially_masked}}\n"
    assert edges(audited(settings=settings)) == ["main.mailing.address partially_masked"]


def test_a_protection_that_does_not_exist_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "datagov.yaml"
    path.write_text(
        "platform: x\nsources: {a: {use: sqlite, path: a.db}}\nlineage:\n  functions:\n    util_mask: hidden\n"
    )

    with pytest.raises(ConfigError) as refused:
        load(path)

    assert "partially_masked" in str(refused.value)
    assert refused.value.line == 5


@pytest.mark.parametrize(("kb", "edges_found"), [(1, 0), (300, 1)])
def test_the_longest_statement_is_as_configured(shop: Path, audited: Night, kb: int, edges_found: int) -> None:
    padding = ", ".join("'x'" for _ in range(55_000))
    (shop / "sql" / "mailing.sql").write_text(
        f"INSERT INTO main.mailing SELECT email FROM main.customer WHERE email NOT IN ({padding});\n"
    )

    audit = audited(settings=f"limits: {{sql_kb: {kb}}}\n")

    assert len(edges(audit)) == edges_found
    found = rows(audit, "SELECT message FROM problem WHERE stage = 'trace'")
    assert len(found) == 1 - edges_found
    assert all(f"longer than {kb} kB" in row["message"] for row in found)


def test_a_worker_that_outgrows_its_memory_on_a_statement_costs_that_statement(shop: Path) -> None:
    good = "INSERT INTO main.mailing SELECT email FROM main.customer;\n"
    (shop / "sql" / "mailing.sql").write_text(f"{good}{ENDLESS};\n{good}")
    path = shop / "datagov.yaml"
    path.write_text(
        "platform: shop\nas_of: 2026-06-30T16:00:00Z\nsources:\n  shop: {use: sqlite, path: shop.db}\n"
        "  sql: {use: sqlfolder, path: sql, dialect: sqlite}\n"
    )
    limits = Limits(deadline_seconds=120, memory_mb=700)
    with LocalEngine(workers=1, limits=limits) as small, LocalEngine(workers=1, limits=Limits()) as other:
        audit = run(path, engines=Engines(small, other))

        assert edges(audit) == ["main.mailing.address none", "main.mailing.address none"]
        (problem,) = rows(audit, "SELECT kind, line FROM problem WHERE stage = 'trace'")
        assert problem == {"kind": "memory", "line": 2}
