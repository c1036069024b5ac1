"""Builds a small platform from a case file: real SQLite sources, real registers, facts as the stages before would land.

What detection and lineage would say is written down in the case (``pii``, ``flows``), because this is a test of rules.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from datagov import config
from datagov.connectors.sqlite import SqliteConnector
from datagov.contracts import CheckRequest
from datagov.expectations.checker import GxChecker
from datagov.fact_writer import FactWriter
from datagov.ownership import registers
from datagov.ownership.resolve import resolve
from datagov.store import Evidence, FactStore

AS_OF = "2026-06-30T16:00:00Z"

CATEGORIES = {
    "PHONE_NUMBER": {
        "title_en": "phone number",
        "title_zh": "电话号码",
        "jrt0171": "C2",
        "jrt0197": 3,
        "fides": "user.contact.phone_number",
    },
    "CN_MOBILE": {
        "title_en": "mobile",
        "title_zh": "手机号",
        "jrt0171": "C2",
        "jrt0197": 3,
        "fides": "user.contact.phone_number",
    },
    "LOCATION": {
        "title_en": "address",
        "title_zh": "地址",
        "jrt0171": "C2",
        "jrt0197": 3,
        "fides": "user.contact.address",
    },
    "PASSWORD": {
        "title_en": "password",
        "title_zh": "密码",
        "jrt0171": "C3",
        "jrt0197": 4,
        "pipl_sensitive": True,
        "fides": "user.authorization.password",
    },
    "CN_RESIDENT_ID": {
        "title_en": "resident ID",
        "title_zh": "居民身份证号",
        "jrt0171": "C2",
        "jrt0197": 3,
        "pipl_sensitive": True,
    },
    "PERSON": {"title_en": "name", "title_zh": "姓名", "jrt0171": None, "jrt0197": 2, "fides": "user.name"},
    "HEALTH": {
        "title_en": "health",
        "title_zh": "健康信息",
        "jrt0171": None,
        "jrt0197": 3,
        "pipl_sensitive": True,
        "fides": "user.health_and_medical",
    },
    "CN_USCC": {
        "title_en": "company code",
        "title_zh": "统一社会信用代码",
        "jrt0171": None,
        "jrt0197": 1,
        "personal": False,
    },
    "BALANCE": {"title_en": "balance", "title_zh": "余额", "jrt0171": None, "jrt0197": 4},
    "SEQUENCE": {"title_en": "running number", "title_zh": "流水号", "jrt0171": None, "jrt0197": 1, "personal": False},
}


@dataclass(frozen=True)
class World:
    """A platform ready to be checked."""

    path: Path
    config: config.Config

    def check(self, *rules: str, as_of: str = AS_OF) -> Findings:
        """Run the rules through the real checker."""
        request = CheckRequest(
            facts=self.path,
            as_of=as_of,
            rules=rules,
            sources=self.config.sources,
            seed=0,
            packs=tuple(self.config.model.rules.packs),
            base=self.config.base,
        )
        found = Findings()
        for table, batch in GxChecker().check(request):
            found.tables.setdefault(table, []).extend(batch.to_pylist())
        return found

    def evidence(self) -> Evidence:
        return Evidence(self.path)


@dataclass
class Findings:
    """What a check returned: rows of every fact table."""

    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def __getitem__(self, table: str) -> list[dict[str, Any]]:
        return self.tables.get(table, [])

    def outcomes(self, rule: str) -> dict[str, list[str]]:
        """Outcome → subjects, sorted, of one rule."""
        found: dict[str, list[str]] = {}
        for row in self["result"]:
            if row["rule"] == rule:
                found.setdefault(row["outcome"], []).append(row["subject"])
        return {outcome: sorted(subjects) for outcome, subjects in found.items()}

    def count(self, rule: str, outcome: str) -> int:
        return sum(row[outcome] for row in self["evaluation"] if row["rule"] == rule)

    def messages(self, rule: str) -> list[str]:
        return [row[key] for row in self["result"] if row["rule"] == rule for key in ("message_en", "message_zh")]


def build(case: Mapping[str, Any], folder: Path) -> World:
    """The platform that a case describes, below ``folder``."""
    settings = config.load(_configured(case, folder))
    path = folder / "evidence.sqlite"
    with FactStore(path) as store:
        for source in settings.sources:
            entry = FactWriter(source_id=source.source_id)
            place = {"file": source.file, "line": source.line}
            common = {"source_id": source.source_id, "name": source.name, "plugin": source.plugin, "outcome": "read"}
            role = "data" if source.plugin == "sqlite" else "pipeline"
            entry.add("source", role=role, **common, **place)
            store.land(entry.batches())
            if source.plugin == "sqlite":
                store.land(SqliteConnector(source).harvest())
        store.land(_seen(case, store))
        store.land(registers.read(settings))
        store.land(_asserted(case))
        store.land(resolve(store, as_of=AS_OF))
        store.index()
    return World(path, settings)


def _configured(case: Mapping[str, Any], folder: Path) -> Path:
    """Write the databases, the registers and datagov.yaml."""
    sources: dict[str, Any] = {}
    for name, table in case.get("tables", {}).items():
        schema, _, bare = name.partition(".")
        sources.setdefault(schema, {"use": "sqlite", "path": f"{schema}.sqlite", "schema": schema})
        with closing(sqlite3.connect(folder / f"{schema}.sqlite")) as db, db:
            columns = ", ".join(f'"{column}"' for column in table["columns"])
            if "view" in table:
                db.execute(f'CREATE VIEW "{bare}" AS {table["view"]}')
                continue
            keys = "".join(f", {key}" for key in table.get("keys", ()))
            db.execute(f'CREATE TABLE "{bare}" ({columns}{keys})')
            marks = ", ".join("?" * len(table["columns"]))
            db.executemany(f'INSERT INTO "{bare}" VALUES ({marks})', table.get("rows", []))
    sources.update(case.get("sources", {}))
    named = dict(case.get("registers", {}))
    for kind, content in named.items():
        if kind == "consent":
            continue
        ending = "csv" if kind == "principals" else "yaml"
        text = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True)
        (folder / f"{kind}.{ending}").write_text(text, encoding="utf-8")
        named[kind] = f"{kind}.{ending}"
    document = {
        "platform": "case",
        "sources": sources,
        "registers": named,
        "declarations": case.get("declarations", []),
        "rules": {"packs": case.get("packs", ["core"])},
    }
    path = folder / "datagov.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def _each(said: Any) -> list[Any]:
    """What is said of one column: one entity, or a list of them."""
    return said if isinstance(said, list) else [said]


def _seen(case: Mapping[str, Any], store: FactStore) -> Any:
    """What detection, lineage and spread would land."""
    facts = FactWriter(source_id=100)
    columns = {
        f"{row['dataset']}.{row['name']}": (row["column_id"], row["dataset_id"])
        for row in store.query('SELECT c.*, d.name AS dataset FROM "column" c JOIN dataset d USING (dataset_id)')
    }
    pii: dict[str, Any] = case.get("pii", {})
    unread: dict[str, str] = case.get("unread", {})
    for name, (column_id, _) in columns.items():
        if case.get("examined", True) and name not in unread:
            facts.add("examination", column_id=column_id, outcome="scanned", rows_examined=9, carried=0)
        if name in unread:
            facts.add(
                "examination",
                column_id=column_id,
                outcome="not_examined",
                reason=unread[name],
                rows_examined=0,
                carried=0,
            )
    flows = [_flow(text) for text in case.get("flows", [])]
    if "flows" in case:
        job = facts.add("job", source_id=1, name="jobs/load.sql", kind="sql_file", dialect="sqlite")
        facts.add("statement", job_id=job, ordinal=0, kind="INSERT", outcome="parsed", sql="", file="load.sql", line=1)
    copied = {(target, entity) for origin, target, _, _ in flows if (entity := _entity(pii, origin))}
    entities = set()
    for name, said in ((name, one) for name, all_said in pii.items() for one in _each(all_said)):
        said = {"entity": said} if isinstance(said, str) else said
        entities.add(said["entity"])
        facts.add(
            "detection",
            column_id=columns[name][0],
            entity=said["entity"],
            mode=said.get("mode", "is"),
            confidence=said.get("confidence", 0.99),
            masking=said.get("masking"),
            by_content=said.get("by_content", True),
            evidence="{}",
        )
        if (name, said["entity"]) not in copied:
            own = columns[name][0]
            facts.add("exposure", column_id=own, entity=said["entity"], protection="none", origin_column_id=own, hops=0)
    for n, (origin, target, protection, hops) in enumerate(flows, start=1):
        (source_column, source_dataset), (target_column, target_dataset) = columns[origin], columns[target]
        edge = facts.add(
            "edge",
            statement_id=0,
            source_dataset_id=source_dataset,
            source_column_id=source_column,
            target_dataset_id=target_dataset,
            target_column_id=target_column,
            type="DIRECT",
            subtype="IDENTITY",
            masking=False,
            protection=protection,
            confidence=1.0,
            reason="schema_resolved",
            file="jobs/load.sql",
            line=n,
        )
        arrives = {"column_id": target_column, "protection": protection, "edge_id": edge, "hops": hops}
        facts.add("exposure", entity=_entity(pii, origin) or "PERSON", origin_column_id=source_column, **arrives)
        facts.add("flow", dataset_id=target_dataset, origin_dataset_id=source_dataset, **arrives)
    for entity in sorted(
        entities | {row["entity_type"] for row in case.get("declarations", []) if "entity_type" in row}
    ):
        facts.add("category", **{"entity": entity, "personal": True, "pipl_sensitive": False} | CATEGORIES[entity])
    return facts.batches()


def _asserted(case: Mapping[str, Any]) -> Any:
    """Owner assertions of contracts, as the connector for contracts would land them."""
    facts = FactWriter(source_id=50)
    for n, row in enumerate(case.get("contracts", []), start=1):
        facts.add(
            "owner_assertion", **{"source_id": 50, "role": "data_owner", "file": "contract.yaml", "line": n} | row
        )
    return facts.batches()


def _entity(pii: Mapping[str, Any], name: str) -> str | None:
    said = pii.get(name)
    return said if said is None or isinstance(said, str) else str(said["entity"])


def _flow(text: str) -> tuple[str, str, str, int]:
    """``app.t.c -> dw.t.c [protection] [hops]``."""
    origin, _, rest = text.partition(" -> ")
    target, *more = rest.split()
    return origin, target, more[0] if more else "none", int(more[1]) if len(more) > 1 else 1
