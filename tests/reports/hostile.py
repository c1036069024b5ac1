"""An evidence database whose every name attacks its reader: markup, script ends, terminal escapes, direction marks."""

from __future__ import annotations

from pathlib import Path

from datagov.fact_writer import FactWriter
from datagov.store import Evidence, FactStore

NAMES = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>",
    "]]><svg/onload=alert(3)>",
    "\"'`--><b onmouseover=alert(4)>",
    "javascript:alert(5)",
    "{{7*7}}{% raw %}${8*8}",
    "pay\u202egpj.exe\u2066x\u2069",
    "bell\x07\x1b[31mred\x1b[0m\x9bm",
    "line\r\nbreak\u2028para\u2029end\ttab",
    '=HYPERLINK("http://x.example")',
    "\ufeffzero\u200bwidth\u00ad\U000e0041tag",
    "__proto__",
    "constructor",
    "名" * 200 + "x" * 300,
    "%2e%2e/../../etc/passwd",
    "a&b;&lt;<!--",
)
"""Names of datasets, columns, files, people, rules' texts."""


def build(path: Path) -> Evidence:
    """One finding, edge, owner, problem and so on per hostile name."""
    w = FactWriter(source_id=1)
    w.add("run", key="platform", value=NAMES[1])
    w.add("run", key="complete", value="true")
    w.add("run", key="as_of", value=NAMES[6])
    w.add(
        "source", source_id=1, name=NAMES[0], plugin="sqlite", role="data", outcome="incomplete", reason=NAMES[7],
        file=NAMES[9], line=1, namespace=NAMES[2],
    )  # fmt: skip
    w.add(
        "rule", rule="XX-001", concern="data_ownership", severity="critical", pack="core", business_lines="any",
        title_en=NAMES[0], title_zh=NAMES[1], checks_en=NAMES[2], checks_zh=NAMES[3], remedy_en=NAMES[7],
        remedy_zh=NAMES[8], blind_spots_en=NAMES[5], blind_spots_zh=NAMES[6], requires="lineage", sha256="0",
        citations='[{"law": "<b>law</b>", "article": "</script>", "status": "text_read"}, 7]',
    )  # fmt: skip
    w.add("evaluation", rule="XX-001", source_id=1, passed=0, failed=16, unknown=1, not_applicable=0, error=0)
    w.add("need", rank=1, kind=NAMES[0], verdicts=1, message_en=NAMES[1], message_zh=NAMES[7])
    w.add("register", kind=NAMES[3], connected=False, entries=0)
    w.add(
        "category", entity=NAMES[3], title_en=NAMES[0], title_zh=NAMES[1], personal=True, pipl_sensitive=True,
        jrt0171=NAMES[2], jrt0197=5,
    )  # fmt: skip
    before = None
    for n, name in enumerate(NAMES):
        dataset = w.add("dataset", source_id=1, namespace="x", name=name, kind="table", comment=name, row_count=n)
        column = w.add("column", dataset_id=dataset, name=name, ordinal=0, data_type=name, comment=name)
        w.add(
            "detection", column_id=column, entity=NAMES[3], mode="is", confidence=0.5, by_content=True,
            evidence='{"%s": ["<i>", {"</script>": NaN}], "shape": "\\u202e"}' % ("k" if n % 2 else "<b>"),
        )  # fmt: skip
        w.add("examination", column_id=column, outcome="unreadable", reason=name, rows_examined=0, carried=0)
        job = w.add("job", source_id=1, name=name, kind="sql_file", dialect="sqlite", file=name, line=1)
        sql = f"SELECT x /* {name} */ FROM t"
        statement = w.add(
            "statement", job_id=job, ordinal=0, kind="SELECT", outcome="failed" if n % 3 else "parsed", sql=sql,
            file=name, line=1,
        )  # fmt: skip
        edge = None
        if before is not None:
            edge = w.add(
                "edge", statement_id=statement, source_dataset_id=before[0], source_column_id=before[1],
                target_dataset_id=dataset, target_column_id=column, type="DIRECT", subtype=name, masking=False,
                protection="none", confidence=0.5, reason=name, expression=f"x /* {name}", file=name, line=1, col=8,
                end_line=9, end_col=1,
            )  # fmt: skip
            w.add(
                "exposure", column_id=column, entity=NAMES[3], protection="none", origin_column_id=before[1],
                edge_id=edge, hops=1,
            )  # fmt: skip
        w.add("declared", dataset_id=dataset, key="purpose", value=name, selector=name, file=name, line=2)
        w.add("consent_coverage", dataset_id=dataset, purpose=name, verdict=name, rows=3)
        w.add(
            "owner_assignment", dataset_id=dataset, role="data_owner", principal=name, status="active", conflict=True,
            assertion_id=n, file=name, line=3,
        )  # fmt: skip
        w.add("principal", principal=name, name=name, status="left", left_at=name)
        w.add(
            "problem", stage="trace", source_id=1, object=name, kind=name, message=name, fatal=False, file=name, line=1
        )
        result = w.add(
            "result", rule="XX-001", source_id=1, outcome="fail", dataset_id=dataset, column_id=column, subject=name,
            origin_column_id=before[1] if before else None, edge_id=edge, message_en=name, message_zh=name,
            arguments="not json",
        )  # fmt: skip
        cause = w.add(
            "cause", rule="XX-001", severity="critical", subject=name, findings=1, message_en=name, message_zh=name,
            file=name, line=1,
        )  # fmt: skip
        w.add(
            "finding", fingerprint=f"{n:016x}", rule="XX-001", severity="critical", result_id=result, cause_id=cause,
            dataset_id=dataset, column_id=column, subject=name, owners=name, message_en=name, message_zh=name,
            file=name, line=1,
        )  # fmt: skip
        before = (dataset, column)
    with FactStore(path) as store:
        store.land(w.batches())
        store.index()
    return Evidence(path)
