"""Evidence that is changed after its night is told so: by its digest, and by counters that contradict each other."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from datagov.audit import Audit, Engines, run
from datagov.errors import DatagovError
from datagov.history import contradictions, digest, index
from datagov.history.verify import verify

DECLARED = (
    'declarations:\n  - {select: "main.*", purpose: service.account, legal_basis: contract}\n'
    "registers: {principals: people.csv}\n"
)


@pytest.fixture
def faulty(audited: Callable[..., Audit], shop: Path) -> Audit:
    """An audit with findings: nobody owns the tables, though people are registered."""
    (shop / "people.csv").write_text("principal,name,status\nli.wei@example.org,Li Wei,active\n")
    with closing(sqlite3.connect(shop / "shop.db")) as db:
        db.execute("CREATE TABLE card (holder TEXT, id_card_no TEXT)")
        db.executemany("INSERT INTO card VALUES (?, ?)", [("x", number) for number in identity_cards(200)])
        db.commit()
    audit = audited(settings=DECLARED)
    assert audit.findings, audit.evidence().rows("SELECT * FROM evaluation")
    return audit


def identity_cards(count: int) -> list[str]:
    """Resident identity numbers with their check digit (GB 11643-1999), of invented people."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    bodies = [f"110101{1960 + n % 40}{1 + n % 12:02}{1 + n % 28:02}{n % 1000:03}" for n in range(count)]
    return [b + "10X98765432"[sum(int(d) * w for d, w in zip(b, weights, strict=True)) % 11] for b in bodies]


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()


def test_evidence_as_the_night_left_it_verifies(faulty: Audit) -> None:
    result = verify(faulty.evidence_path)

    assert result.faults == ()
    assert result.entry is not None
    assert result.entry.digest == result.digest == digest.of(faulty.evidence_path)
    assert result.digest in faulty.report("text").decode()
    assert result.digest in faulty.report("html").decode()
    assert json.loads(faulty.report("json"))["digest"] == result.digest


def test_a_copy_a_vacuum_and_another_order_of_rows_keep_the_digest(faulty: Audit, tmp_path: Path) -> None:
    before = digest.of(faulty.evidence_path)
    copy = tmp_path / "copy.sqlite"
    shutil.copy(faulty.evidence_path, copy)
    change(
        copy,
        "CREATE TEMP TABLE kept AS SELECT * FROM evaluation ORDER BY rule DESC, passed DESC",
        "DELETE FROM evaluation",
        "INSERT INTO evaluation SELECT * FROM kept",
        "DROP TABLE kept",
        "ANALYZE",
    )
    with closing(sqlite3.connect(copy)) as db:
        db.execute("VACUUM")

    assert digest.of(copy) == before


@pytest.mark.parametrize(
    ("statement", "contradiction"),
    [
        ("DELETE FROM finding", "contradict its results"),
        ("UPDATE finding SET severity = 'low'", "another severity than the rule"),
        ("UPDATE cause SET severity = 'indicator'", "another severity than the rule"),
        ("DELETE FROM result WHERE outcome = 'fail'", "contradict its results"),
        ("UPDATE evaluation SET passed = passed + failed, failed = 0", "contradict its results"),
        ("DELETE FROM cause", "belong to no cause"),
        ("UPDATE cause SET findings = findings + 1", "counts"),
        ("UPDATE finding SET owners = 'somebody@example.org'", None),
        ("UPDATE run SET value = '2026-07-01T00:00:00Z' WHERE key = 'as_of'", None),
        ("DELETE FROM finding; DELETE FROM cause; DELETE FROM result; UPDATE evaluation SET failed = 0", None),
    ],
)
def test_what_is_changed_afterwards_is_told(faulty: Audit, statement: str, contradiction: str | None) -> None:
    change(faulty.evidence_path, *statement.split("; "))
    result = verify(faulty.evidence_path)

    assert any("differs from what was recorded" in fault.en for fault in result.faults)
    assert contradiction is None or any(contradiction in fault.en for fault in result.faults)
    page = faulty.report("text").decode()
    assert "Incomplete" in page
    assert "differs from what was recorded" in " ".join(page.split())
    assert "与审计结束时的记录不符" in faulty.report("html").decode()
    assert json.loads(faulty.report("json"))["verdict"]["verdict"] == "incomplete"


def test_a_changed_or_missing_line_of_the_index_shows(audited: Callable[..., Audit], shop: Path) -> None:
    first, second, third = audited(), audited(), audited()
    path = shop / ".datagov" / index.FILE
    lines = path.read_text().splitlines()

    assert [entry.run for entry in index.read(path.parent)] == [
        audit.evidence_path.parent.name for audit in (first, second, third)
    ]
    forged = lines[1].replace(digest.of(second.evidence_path), digest.PREFIX + "0" * 64)
    for damaged in ([lines[0], forged, lines[2]], [lines[0], lines[2]], [lines[1], lines[0], lines[2]], [*lines, "{}"]):
        path.write_text("\n".join(damaged) + "\n")
        with pytest.raises(DatagovError, match=r"the\s+index of runs was changed"):
            index.read(path.parent)
        assert any("index of runs was changed" in fault.en for fault in verify(third.evidence_path).faults)
    path.unlink()
    assert any("No digest of this run was recorded" in fault.en for fault in verify(third.evidence_path).faults)


def test_a_repeated_night_has_the_same_digest(audited: Callable[..., Audit], shop: Path, engines: Engines) -> None:
    first, second = audited(), audited()
    again = run(shop / "datagov.yaml", output="repeated", engines=engines)

    assert digest.of(again.evidence_path) == digest.of(first.evidence_path)

    shutil.rmtree(shop / "repeated")
    shutil.copytree(first.evidence_path.parent, shop / "repeated" / "runs" / first.evidence_path.parent.name)
    after = run(shop / "datagov.yaml", output="repeated", engines=engines)
    assert verify(second.evidence_path).entry.previous == first.evidence_path.parent.name  # type: ignore[union-attr]  # a recorded run
    assert digest.of(after.evidence_path) == digest.of(second.evidence_path)


def test_a_night_contradicts_itself_nowhere(faulty: Audit) -> None:
    evidence = faulty.evidence()

    assert contradictions.of(evidence) == []
    evidence.close()
