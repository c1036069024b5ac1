"""Every rule on its cases: a fault is found, its look-alike passes, what cannot be judged is unknown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from datagov.expectations.pack import load_rules
from tests.rules.world import build

HERE = Path(__file__).parent


def cases() -> list[Any]:
    return [
        pytest.param(path.parent.name, case, id=f"{path.parent.name}: {case['case']}")
        for path in sorted(HERE.glob("*/cases.yaml"))
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize(("rule", "case"), cases())
def test_case(rule: str, case: dict[str, Any], tmp_path: Path) -> None:
    found = build(case, tmp_path).check(rule)
    expected = dict(case["expect"])
    said = " ".join(found.messages(rule))

    assert found.count(rule, "passed") == expected.pop("passed", 0)
    for phrase in expected.pop("says", []):
        assert phrase in said
    needs = expected.pop("needs", None)
    assert needs is None or {row["needs"] for row in found["result"] if row["rule"] == rule} == {
        None if needs == "nothing" else needs
    }
    graded = expected.pop("severity", None)
    assert graded is None or {row["subject"]: row["severity"] for row in found["result"]} == graded
    coverage = expected.pop("coverage", None)
    assert coverage is None or {row["verdict"]: row["rows"] for row in found["consent_coverage"]} == coverage
    places = expected.pop("places", None)
    assert places is None or [f"{row['file']}:{row['line']}" for row in found["result"]] == places
    assert found.outcomes(rule) == {outcome: sorted(subjects) for outcome, subjects in expected.items()}


@pytest.mark.parametrize("rule", [loaded.rule.id for loaded in load_rules().rules])
def test_every_rule_has_cases_of_every_kind(rule: str) -> None:
    path = HERE / rule / "cases.yaml"
    expected = [case["expect"] for case in yaml.safe_load(path.read_text(encoding="utf-8"))]

    for kind in ("fail", "passed", "unknown", "not_applicable"):
        assert any(case.get(kind) for case in expected), f"{rule} has no case that expects {kind}"
