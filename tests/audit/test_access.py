"""How far an audit may look into a source: the catalog, counts, or rows. Less is an answer, and never clean."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from datagov.audit import Audit
from datagov.commands import _plan
from datagov.config import load
from datagov.model import Exit

CONSENT = """
registers:
  consent:
    - source: shop
      table: main.mailing
      columns: {subject: address, purpose: address, state: address, event_time: address}
      given: [GIVEN]
      withdrawn: [WITHDRAWN]
declarations:
  - {select: main.customer, purpose: news, legal_basis: consent, subject_key: id, processed_at: note}
"""


def _rows(audit: Audit, sql: str) -> list[dict[str, Any]]:
    evidence = audit.evidence()
    try:
        return evidence.rows(sql)
    finally:
        evidence.close()


@pytest.mark.parametrize("access", ["metadata", "aggregates"])
def test_below_samples_no_row_is_read_and_names_still_tell(audited: Callable[..., Audit], access: str) -> None:
    audit = audited(shop=f"{{use: sqlite, path: shop.db, access: {access}}}")

    looked = _rows(audit, "SELECT outcome, rows_examined, reason FROM examination")
    assert {(row["outcome"], row["rows_examined"]) for row in looked} == {("not_examined", 0)}
    assert all(f"access' is {access}" in row["reason"] for row in looked)
    found = _rows(
        audit,
        "SELECT d.name || '.' || c.name AS place, x.by_content FROM detection x JOIN column c USING (column_id)"
        " JOIN dataset d USING (dataset_id) WHERE x.entity = 'EMAIL_ADDRESS'",
    )
    assert {"place": "main.customer.email", "by_content": 0} in found


def test_metadata_alone_counts_nothing_and_still_traces(audited: Callable[..., Audit]) -> None:
    audit = audited(shop="{use: sqlite, path: shop.db, access: metadata}")

    assert {row["row_count"] for row in _rows(audit, "SELECT row_count FROM dataset")} == {None}
    reached = _rows(
        audit,
        "SELECT d.name FROM exposure x JOIN column c USING (column_id) JOIN dataset d USING (dataset_id)"
        " WHERE x.hops = 1",
    )
    assert [row["name"] for row in reached] == ["main.mailing"]


def test_a_chosen_tier_does_not_make_the_audit_incomplete(audited: Callable[..., Audit]) -> None:
    audit = audited(shop="{use: sqlite, path: shop.db, access: metadata}")

    assert audit.exit is not Exit.INCOMPLETE


def test_consent_is_unknown_where_nothing_may_be_counted_and_says_what_would_settle_it(
    audited: Callable[..., Audit],
) -> None:
    audit = audited(shop="{use: sqlite, path: shop.db, access: metadata}", settings=CONSENT)

    results = _rows(audit, "SELECT outcome, needs FROM result WHERE rule = 'CR-001'")
    assert results == [{"outcome": "unknown", "needs": "access"}]
    assert "access: aggregates" in _rows(audit, "SELECT message_en FROM need WHERE kind = 'access'")[0]["message_en"]


def test_a_plan_below_samples_holds_no_query(
    audited: Callable[..., Audit], shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audited(shop="{use: sqlite, path: shop.db, access: aggregates}")

    _plan.show(load(shop / "datagov.yaml"), "en")

    shown = capsys.readouterr().out
    assert "no row is read: the source's access is aggregates" in shown
    assert "SELECT" not in shown
