"""Every case of cases/*.yaml: SQL beside the edges it must have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from datagov.lineage import trace

FILES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))


def _cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{path.stem}: {case['name']}")
        for path in FILES
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize("case", _cases())
def test_a_case_has_exactly_its_edges(case: dict[str, Any]) -> None:
    traced = trace(
        case["sql"],
        dialect=case.get("dialect", "postgres"),
        schema=case.get("schema"),
        default_catalog=case.get("default_catalog"),
        default_schema=case.get("default_schema"),
        functions=case.get("functions"),
    )
    shown = traced if case.get("hops") else traced.collapsed()
    direct = [edge for edge in shown.edges if edge.type == "DIRECT"]

    assert sorted({f"{e.source} -> {e.target}" for e in direct}) == sorted(set(case["edges"]))

    if "influences" in case:
        found = {f"{e.source} -> {e.target} {e.subtype}" for e in shown.edges if e.type == "INDIRECT"}
        assert found == set(case["influences"]) if case.get("all_influences") else set(case["influences"]) <= found
    if "kinds" in case:
        assert set(case["kinds"]) <= {f"{e.source} -> {e.target} {e.subtype} {e.protection}" for e in direct}
    if "confidence_below" in case:
        assert direct and all(edge.confidence < case["confidence_below"] for edge in direct)
    if "sources" in case:
        assert sorted(shown.sources) == sorted(case["sources"])
    if "targets" in case:
        assert sorted(shown.targets) == sorted(case["targets"])
    assert sorted({problem.kind for problem in traced.problems}) == sorted(case.get("problems", []))
