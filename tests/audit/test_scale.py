"""Large platforms: what grows with their size must not grow with its square, and a fault stays where it is."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from datagov import config
from datagov.audit import Audit, Engines
from datagov.contracts import DatasetRef, Limits, Source
from datagov.engine import wire
from datagov.fact_writer import FactWriter
from datagov.night import Night
from datagov.stages import spread
from datagov.stages.detect import Work, examine_datasets
from datagov.store import Evidence, FactStore

CHAIN = 1000


def chain(store: FactStore) -> None:
    """A chain of tables with three columns of personal data each, found in every one of them."""
    facts = FactWriter(source_id=1)
    before: list[tuple[int, int]] = []
    for n in range(CHAIN):
        dataset = facts.add("dataset", source_id=1, namespace="x", name=f"s.t{n}", kind="table")
        here = [(dataset, facts.add("column", dataset_id=dataset, name=f"c{k}", ordinal=k)) for k in range(3)]
        for k, (_, column) in enumerate(here):
            facts.add(
                "detection",
                column_id=column,
                entity=("EMAIL_ADDRESS", "PHONE_NUMBER", "PERSON")[k],
                mode="is",
                confidence=1.0,
                by_content=True,
                evidence="{}",
            )
        for (source, source_column), (target, target_column) in zip(before, here, strict=bool(before)):
            facts.add(
                "edge",
                statement_id=0,
                source_dataset_id=source,
                source_column_id=source_column,
                target_dataset_id=target,
                target_column_id=target_column,
                type="DIRECT",
                subtype="IDENTITY",
                masking=False,
                protection="none",
                confidence=1.0,
                reason="schema_resolved",
            )
        before = here
    store.land(facts.batches())


def test_a_chain_of_a_thousand_tables_is_followed_in_seconds(shop: Path, engines: Engines) -> None:
    (shop / "datagov.yaml").write_text("platform: x\nsources:\n  s: {use: sqlite, path: shop.db}\n")
    with FactStore(shop / "facts.sqlite") as store:
        chain(store)
        night = Night(
            config.load(shop / "datagov.yaml"), store, engines.workers, "", 0, lambda stage, done, total, rows=0: None
        )
        began = time.monotonic()
        spread.run(night)
        spent = time.monotonic() - began

    evidence = Evidence(shop / "facts.sqlite")
    assert evidence.rows("SELECT count(*) AS n, max(hops) AS far FROM exposure") == [{"n": 3 * CHAIN, "far": CHAIN - 1}]
    assert evidence.rows("SELECT count(DISTINCT origin_column_id) AS origins FROM exposure") == [{"origins": 3}]
    assert evidence.rows("SELECT count(*) AS n, max(hops) AS far FROM flow") == [
        {"n": 3 * (CHAIN - 1), "far": CHAIN - 1}
    ]
    evidence.close()
    assert spent < 10


def outcomes(audit: Audit) -> list[dict[str, Any]]:
    evidence = audit.evidence()
    try:
        return evidence.rows(
            "SELECT d.name, e.outcome, count(t.entity) AS found FROM examination e JOIN column c USING (column_id)"
            " JOIN dataset d USING (dataset_id) LEFT JOIN detection t ON t.column_id = c.column_id"
            " WHERE d.name LIKE 'many.%' GROUP BY d.name, e.outcome ORDER BY d.name"
        )
    finally:
        evidence.close()


def test_many_small_tables_are_each_examined_and_the_unreadable_one_alone_is_lost(
    audited: Callable[..., Audit], shop: Path
) -> None:
    with sqlite3.connect(shop / "many.db") as db:
        for n in range(30):
            db.execute(f"CREATE TABLE t{n:02} (email TEXT)")
            db.executemany(f"INSERT INTO t{n:02} VALUES (?)", [(f"user{k}@example.org",) for k in range(40 * (n % 2))])
        db.execute("CREATE TABLE real (id INTEGER)")
        db.execute("INSERT INTO real VALUES (1), (2)")
        db.execute(
            "CREATE VIEW overflowing AS SELECT abs(CASE WHEN id = 2 THEN -9223372036854775808 ELSE 1 END) AS n"
            " FROM real"
        )
    db.close()

    audit = audited(many="{use: sqlite, path: many.db, schema: many}")

    found = {row["name"]: (row["outcome"], row["found"]) for row in outcomes(audit)}
    assert found.pop("many.overflowing") == ("unreadable", 0)
    assert found.pop("many.real") == ("scanned", 0)
    assert found == {f"many.t{n:02}": (("not_examined", "scanned")[n % 2], 1) for n in range(30)}
    assert not audit.complete


def test_of_a_table_without_rows_only_the_names_are_looked_at(tmp_path: Path) -> None:
    nowhere = Source(1, "gone", "no such adapter", {}, tmp_path, "datagov.yaml", 1)
    empty = Work(DatasetRef(7, "s.t", ((8, "email"), (9, "n")), 0), {8: ("TEXT", None), 9: ("INT", None)})

    landed = dict(wire.unpack(examine_datasets(nowhere, [empty], Limits(), 0)))

    assert landed["examination"].column("outcome").to_pylist() == ["not_examined", "not_examined"]
    assert landed["detection"].column("entity").to_pylist() == ["EMAIL_ADDRESS"]
    assert landed["detection"].column("by_content").to_pylist() == [False]
