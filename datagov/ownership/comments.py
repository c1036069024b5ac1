"""Declarations and owners that stand as tags in the comments of harvested tables and columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from datagov.contracts import FactBatches
from datagov.fact_writer import FactWriter
from datagov.ownership import tags
from datagov.ownership.keys import ROLES
from datagov.ownership.numbering import next_number
from datagov.ownership.selectors import escaped
from datagov.plural import counted
from datagov.store import FactStore

Row = Mapping[str, Any]

_TABLES = "SELECT source_id, name, comment FROM dataset WHERE instr(comment, '@') OR instr(comment, '＠') ORDER BY 1, 2"
_COLUMNS = (
    'SELECT d.source_id, d.name, c.name AS "column", c.field_path, c.comment FROM "column" AS c JOIN dataset AS d'
    " USING (dataset_id) WHERE instr(c.comment, '@') OR instr(c.comment, '＠') ORDER BY d.source_id, d.name, c.ordinal"
)


def read(store: FactStore) -> FactBatches:
    """``declaration`` and ``owner_assertion`` facts of every tag, and a ``problem`` for every one that does not count.

    A database has no file to open: the place is where its source is configured.
    """
    places = {row["source_id"]: row for row in store.query("SELECT source_id, file, line FROM source")}
    writers: dict[int, FactWriter] = {}
    faults: dict[tuple[int, tags.Fault], list[str]] = {}
    for source_id, table, shown, tag in _found(store):
        if isinstance(tag, tags.Fault):
            faults.setdefault((source_id, tag), []).append(shown)
            continue
        writer = writers.setdefault(source_id, FactWriter(source_id=source_id, start=next_number(store, source_id)))
        place = {"source_id": source_id, **_place(places, source_id)}
        if tag.key in ROLES:
            writer.add("owner_assertion", selector=escaped(table), principal=tag.value, role=ROLES[tag.key], **place)
        else:
            selector = escaped(table if tag.of_table else shown)
            writer.add("declaration", selector=selector, key=tag.key, value=tag.value, **place)
    facts = FactWriter(source_id=0)
    for (source_id, wrong), objects in faults.items():
        facts.add(
            "problem",
            stage="declare",
            source_id=source_id,
            object=objects[0],
            kind="wrong_tag",
            message=_sentence(wrong, objects),
            fatal=False,
            **_place(places, source_id),
        )
    for writer in (*writers.values(), facts):
        yield from writer.batches()


def _found(store: FactStore) -> Iterator[tuple[int, str, str, tags.Tag | tags.Fault]]:
    """(source_id, table, table or column the comment is of, tag)."""
    for row in store.query(_TABLES):
        yield from _of(row, row["name"], tags.of_table(row["comment"]))
    for row in store.query(_COLUMNS):
        column = f"{row['column']}.{row['field_path']}" if row["field_path"] else row["column"]
        yield from _of(row, f"{row['name']}.{column}", tags.of_column(row["comment"], column))


def _of(
    row: Row, shown: str, found: Iterable[tags.Tag | tags.Fault]
) -> Iterator[tuple[int, str, str, tags.Tag | tags.Fault]]:
    for tag in dict.fromkeys(found):
        yield row["source_id"], row["name"], shown, tag


def _sentence(wrong: tags.Fault, objects: list[str]) -> str:
    more = f" It stands in {counted(len(objects) - 1, 'more comment')} of this source." if len(objects) > 1 else ""
    end = "" if wrong.reason.endswith("?") else "."
    return f"The comment of {objects[0]} has a tag @{wrong.word}, which {wrong.reason}{end}{more}"


def _place(places: Mapping[int, Row], source_id: int) -> dict[str, Any]:
    row = places.get(source_id, {})
    return {"file": row.get("file"), "line": row.get("line")}
