"""Does confidence separate right edges from wrong ones? ``python benchmarks/lineage_confidence.py``.

The practice cases of ``tests/lineage/cases`` are traced three times: as they are, without their schema, and without
the qualifiers of columns. The edges a case states are the truth in all three. The number is the area under the ROC
curve (the chance that a right edge has a higher confidence than a wrong one, ties count half). The engine was built
on these cases: unperturbed, nearly every edge is right. What the number says is whether confidence falls where
knowledge is taken away, not how often the engine is wrong on SQL it has never seen.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from datagov.lineage import trace

CASES = Path(__file__).parents[1] / "tests" / "lineage" / "cases"
_QUALIFIER = re.compile(r"(?<![\w.'\"])(?:[a-z]|src|tgt)\.(?=[a-z]\w*\b(?!\s*[.(]))")
"""The one-letter aliases the cases use, where a column follows them and not in FROM-like places."""


def answers(case: dict[str, Any], sql: str, schema: Any) -> list[tuple[float, str, bool]]:
    """(confidence, reason, right) of each DIRECT edge."""
    traced = trace(
        sql,
        dialect=case.get("dialect", "postgres"),
        schema=schema,
        default_catalog=case.get("default_catalog"),
        default_schema=case.get("default_schema"),
        functions=case.get("functions"),
    )
    shown = traced if case.get("hops") else traced.collapsed()
    wanted = set(case["edges"])
    return [
        (edge.confidence, edge.reason, f"{edge.source} -> {edge.target}" in wanted)
        for edge in shown.edges
        if edge.type == "DIRECT"
    ]


def area(found: list[tuple[float, str, bool]]) -> float:
    """Area under the ROC curve by ranks."""
    right = Counter(c for c, _, ok in found if ok)
    wrong = Counter(c for c, _, ok in found if not ok)
    pairs = sum(right.values()) * sum(wrong.values())
    won = sum(n * m * (1.0 if c > d else 0.5 if c == d else 0.0) for c, n in right.items() for d, m in wrong.items())
    return won / pairs if pairs else float("nan")


def unqualified(sql: str) -> str:
    """``sql`` with the aliases before columns dropped, except after FROM, JOIN, INTO and the like."""
    lead = re.compile(r"(?i)\b(?:from|join|into|table|update|using|view|exists|apply|,)\s*$")
    return _QUALIFIER.sub(lambda m: m.group() if lead.search(sql[: m.start()]) else "", sql)


def main() -> None:
    """Print the area of each set and the share of right edges by reason."""
    cases = [case for path in sorted(CASES.glob("*.yaml")) for case in yaml.safe_load(path.read_text("utf-8"))]
    sets: dict[str, list[tuple[float, str, bool]]] = {
        "as written": [a for c in cases for a in answers(c, c["sql"], c.get("schema"))],
        "without schema": [a for c in cases if c.get("schema") for a in answers(c, c["sql"], None)],
        "without qualifiers": [
            a for c in cases if unqualified(c["sql"]) != c["sql"] for a in answers(c, unqualified(c["sql"]), None)
        ],
    }
    sets["all"] = [answer for found in list(sets.values()) for answer in found]
    for name, found in sets.items():
        wrong = sum(not ok for _, _, ok in found)
        print(f"{name}: {len(cases)} cases, {len(found)} edges, {wrong} wrong, AUC {area(found):.3f}")
    by_reason: dict[tuple[float, str], list[bool]] = {}
    for confidence, reason, ok in sets["all"]:
        by_reason.setdefault((confidence, reason), []).append(ok)
    for (confidence, reason), oks in sorted(by_reason.items(), reverse=True):
        print(f"  {reason:22} {confidence:.2f}  right {sum(oks) / len(oks):.2f} of {len(oks)}")


if __name__ == "__main__":
    main()
