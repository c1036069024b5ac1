"""A generated warehouse of any size, for the numbers a report has to reach: five layers, four schemas each."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from datagov.fact_writer import FactWriter
from datagov.store import Evidence, FactStore

Table = tuple[int, str, list[tuple[int, str]]]
"""dataset_id, name, (column_id, name) of its columns"""

LAYERS = ("raw", "stg", "int", "mart", "rpt")
AREAS = ("web", "crm", "pay", "risk", "ads", "hr", "ops", "iot")
THINGS = ("customer", "payment", "ticket", "invoice", "session", "claim", "device", "refund")
ENTITIES = {
    "id_card_no": "CN_RESIDENT_ID",
    "mobile": "CN_MOBILE",
    "email": "EMAIL_ADDRESS",
    "bank_card_no": "CN_BANK_CARD",
}
EVIDENCE = (
    '{"chance_rate": 0.027, "cut": 0, "distinct": %d, "drawn": 2000, "dtype": "TEXT", "empty": 0, "for": "CN_MOBILE", '
    '"hit_rate": 0.998, "hits": %d, "interval": [%.4f, 1.0], "kind": "text", "masked_shape": "###########", '
    '"name_weights": {"PHONE_NUMBER": 4.5}, "notes": {"pattern_rate": 1.0}, "opaque_name": false, "population": 2000, '
    '"read": 2000, "rival": {"kind": "INTEGER", "rate": 1.0}, "rows": 2000, "seen": 2000, "tokens": ["mobile"], '
    '"unreadable": 0, "vetoes": {}}'
)
PLAIN = (
    "id",
    "amount",
    "status",
    "created_at",
    "updated_at",
    "sku",
    "code",
    "region",
    "currency",
    "price",
    "ts",
    "type",
)
KINDS = (
    ("IDENTITY", "none", "{a}.{c}"),
    ("TRANSFORMATION", "none", "COALESCE(TRIM({a}.{c}), '**')"),
    ("TRANSFORMATION", "partially_masked", "CONCAT(LEFT({a}.{c}, 3), '****')"),
    ("TRANSFORMATION", "pseudonymised", "SHA256({a}.{c})"),
    ("AGGREGATION", "aggregated", "COUNT({a}.{c})"),
)


def build(path: Path, *, tables: int = 5000, seed: int = 7) -> Evidence:
    """Write the evidence of ``tables`` tables, about ten columns and seven edges each."""
    with FactStore(path) as store:
        store.land(_facts(tables, random.Random(seed)).batches())
        store.execute("UPDATE cause SET findings = (SELECT count(*) FROM finding f WHERE f.cause_id = cause.cause_id)")
        store.index()
    return Evidence(path)


def _facts(tables: int, chance: random.Random) -> FactWriter:
    w = FactWriter(source_id=1)
    for key, value in {"platform": "acme", "complete": "true", "as_of": "2026-11-23T02:00:00Z", "seed": "7"}.items():
        w.add("run", key=key, value=value)
    w.add("source", source_id=1, name="dw", plugin="sqlite", role="data", outcome="read", file="datagov.yaml", line=3)
    for entity in ENTITIES.values():
        w.add(
            "category", entity=entity, title_en=entity.replace("_", " ").title(), title_zh=entity, personal=True,
            pipl_sensitive=entity.startswith(("CN_R", "CN_B")), jrt0171="C3", jrt0197=4,
        )  # fmt: skip
    w.add(
        "rule", rule="NS-001", concern="network_security", severity="critical", pack="core", business_lines="any",
        title_en="Sensitive data stored in the clear", title_zh="敏感个人信息明文存储", checks_en="Copies are masked.",
        checks_zh="副本应脱敏。", remedy_en="Mask it.", remedy_zh="脱敏。", blind_spots_en="", blind_spots_zh="",
        citations="[]", requires="lineage", sha256="0",
    )  # fmt: skip
    made: list[list[Table]] = [[] for _ in LAYERS]
    labels: dict[int, tuple[str, int, str, int]] = {}
    causes: dict[int, int] = {}
    findings = 0
    for n in range(tables):
        layer = min(len(LAYERS) - 1, n * len(LAYERS) // tables)
        name = f"{LAYERS[layer]}_{chance.choice(AREAS)}.{chance.choice(THINGS)}_{n}"
        dataset = w.add(
            "dataset", source_id=1, namespace="dw", name=name, kind="table", row_count=chance.randrange(10**7)
        )
        if chance.random() < 0.9:
            w.add(
                "owner_assignment", dataset_id=dataset, role="data_owner", principal=f"team-{n % 40}@example.org",
                status="active", conflict=False, assertion_id=n, file="owners.yaml", line=n + 1,
            )  # fmt: skip
        columns: list[tuple[int, str]] = []

        def column(word: str, dataset: int = dataset, columns: list[tuple[int, str]] = columns) -> int:
            known = {c for _, c in columns}
            word = word if word not in known else f"{word}_{len(columns)}"
            cid = w.add("column", dataset_id=dataset, name=word, ordinal=len(columns), data_type="TEXT")
            w.add(
                "examination", column_id=cid, outcome="sampled", rows_examined=2000, rows_total=10**6, carried=0,
                excludable_prevalence=0.0015,
            )  # fmt: skip
            columns.append((cid, word))
            return cid

        if layer == 0:
            words = chance.sample(PLAIN, 6) + chance.sample(list(ENTITIES), chance.randrange(1, 5))
            for word in words:
                cid = column(word)
                if word in ENTITIES:
                    labels[cid] = (ENTITIES[word], cid, "none", 0)
                    w.add(
                        "detection", column_id=cid, entity=ENTITIES[word], mode="is", confidence=0.98, by_content=True,
                        evidence=EVIDENCE % (chance.randrange(2000), chance.randrange(1990, 2000), chance.random()),
                    )  # fmt: skip
        else:
            findings += _derive(w, chance, made[layer - 1], (dataset, name, n), column, labels, causes)
            for word in chance.sample(PLAIN, 3):
                column(word)
        made[layer].append((dataset, name, columns))
    w.add("evaluation", rule="NS-001", source_id=1, passed=100, failed=findings, unknown=0, not_applicable=0, error=0)
    return w


def _derive(
    w: FactWriter,
    chance: random.Random,
    before: list[Table],
    target_of: tuple[int, str, int],
    column: Callable[[str], int],
    labels: dict[int, tuple[str, int, str, int]],
    causes: dict[int, int],
) -> int:
    """One statement that fills the dataset from one to three upstream tables; returns the findings it makes."""
    dataset, name, n = target_of
    job = w.add(
        "job", source_id=1, name=f"{name}.sql", kind="sql_file", dialect="postgres", file=f"models/{name}.sql", line=1
    )
    lines, edges = [], []
    for parent in chance.sample(before, min(len(before), chance.randrange(1, 4))):
        alias = parent[1].rpartition(".")[2]
        for source, word in chance.sample(parent[2], min(len(parent[2]), chance.randrange(2, 8))):
            subtype, protection, pattern = chance.choices(KINDS, weights=(60, 15, 8, 8, 9))[0]
            edges.append((source, word, subtype, protection, pattern.format(a=alias, c=word)))
    for _source, word, _subtype, _protection, expression in edges:
        lines.append(f"  {expression} AS {word}")
    sql = f"CREATE TABLE {name} AS\nSELECT\n" + ",\n".join(lines) + f"\nFROM upstream_{n}"
    statement = w.add(
        "statement", job_id=job, ordinal=0, kind="CREATE_TABLE_AS", outcome="parsed", sql=sql, line=1,
        file=f"models/{name}.sql",
    )  # fmt: skip
    made = 0
    for number, (source, word, subtype, protection, expression) in enumerate(edges):
        target = column(word)
        edge = w.add(
            "edge", statement_id=statement, source_dataset_id=0, source_column_id=source, target_dataset_id=dataset,
            target_column_id=target, type="DIRECT", subtype=subtype, masking=protection != "none", confidence=1.0,
            protection=protection, reason="schema_resolved", expression=expression, file=f"models/{name}.sql", col=3,
            line=3 + number, end_line=3 + number, end_col=3 + len(expression),
        )  # fmt: skip
        if source not in labels:
            continue
        entity, origin, held, hops = labels[source]
        held = protection if protection != "none" else held
        labels[target] = (entity, origin, held, hops + 1)
        w.add(
            "exposure", column_id=target, entity=entity, protection=held, origin_column_id=origin, edge_id=edge,
            hops=hops + 1,
        )  # fmt: skip
        if held == "none" and entity == "CN_RESIDENT_ID":
            made += 1
            _finding(w, causes, origin=origin, dataset=dataset, target=target, subject=f"{name}.{word}", edge=edge)
    return made


def _finding(
    w: FactWriter, causes: dict[int, int], *, origin: int, dataset: int, target: int, subject: str, edge: int
) -> None:
    message = {"message_en": f"{subject} is in the clear.", "message_zh": f"{subject} 为明文。"}
    result = w.add(
        "result", rule="NS-001", source_id=1, outcome="fail", dataset_id=dataset, column_id=target, subject=subject,
        origin_column_id=origin, edge_id=edge, arguments="{}", **message,
    )  # fmt: skip
    if origin not in causes:
        causes[origin] = w.add(
            "cause",
            rule="NS-001",
            severity="critical",
            subject=subject,
            findings=1,
            file="datagov.yaml",
            line=3,
            **message,
        )
    w.add(
        "finding", fingerprint=f"{result & 0xFFFFFFFF:016x}", rule="NS-001", severity="critical", result_id=result,
        cause_id=causes[origin], dataset_id=dataset, column_id=target, subject=subject, owners="", file="datagov.yaml",
        line=3, **message,
    )  # fmt: skip


def sizes(evidence: Evidence) -> Iterator[tuple[str, int]]:
    """Rows of the tables that make a report large."""
    for table in ("dataset", "column", "edge", "exposure", "finding", "cause"):
        yield table, evidence.value(f'SELECT count(*) FROM "{table}"')
