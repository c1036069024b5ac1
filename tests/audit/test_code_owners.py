"""Who owns a file owns its job, and is the custodian of what the job writes, as long as nobody else is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from datagov.audit import Audit

_OWNERS = (
    "SELECT d.name, a.role, a.principal, a.file, a.line FROM owner_assignment a JOIN dataset d USING (dataset_id)"
    " ORDER BY 1, 2"
)


def _rows(audit: Audit, sql: str) -> list[tuple[Any, ...]]:
    evidence = audit.evidence()
    try:
        return [tuple(row.values()) for row in evidence.rows(sql)]
    finally:
        evidence.close()


def test_the_owner_of_a_file_is_custodian_of_what_its_job_writes(audited: Callable[..., Audit], shop: Path) -> None:
    (shop / "CODEOWNERS").write_text("# who\n/sql/ @crm\n")
    audit = audited(code="{use: codeowners, path: .}")

    assert _rows(audit, _OWNERS) == [("main.mailing", "custodian", "crm", "CODEOWNERS", 2)]
    assert _rows(audit, "SELECT name, owner FROM job") == [("mailing.sql", "crm")]
    assert _rows(audit, "SELECT message FROM problem WHERE stage IN ('harvest', 'declare')") == []


def test_a_custodian_that_somebody_names_goes_before_it(audited: Callable[..., Audit], shop: Path) -> None:
    (shop / "CODEOWNERS").write_text("/sql/ @crm\n")
    settings = "declarations:\n  - {select: 'main.*', custodian: ops}\n"
    found = _rows(audited(code="{use: codeowners, path: .}", settings=settings), _OWNERS)

    assert {row[:3] for row in found if row[0] == "main.mailing"} == {("main.mailing", "custodian", "ops")}


def test_a_finding_of_a_dataset_shows_the_job_that_fills_it_and_not_who_owns_its_file(
    audited: Callable[..., Audit], shop: Path
) -> None:
    (shop / "CODEOWNERS").write_text("/sql/ @crm\n")
    settings = "declarations:\n  - {select: main.customer, owner: li@x.org}\n"
    audit = audited(code="{use: codeowners, path: .}", settings=settings)

    places = _rows(audit, "SELECT rule, file, line FROM finding WHERE subject = 'main.mailing'")
    assert places == [("DO-004", "sql/mailing.sql", 3), ("DO-001", "sql/mailing.sql", 2)]
