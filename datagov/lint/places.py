"""What is declared of a dataset, as flows are judged by it: purposes, controller, region, legal basis, owner."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from datagov.consent.purposes import covering
from datagov.lint.reach import Reach
from datagov.lint.world import owners
from datagov.store import FactStore

PURPOSE, ENTITY, RECIPIENT, REGION, UNDECLARED = "purpose", "entity", "recipient", "region", "undeclared"
TABLE, COLUMN = "table", "column"

Facet = tuple[str, str]
"""A kind of place and its value: ``("purpose", "marketing.push")``."""

_ABSENT = {"en": "not declared", "zh": "未声明"}
_WORDS = {
    "purpose": ("purpose", "目的"),
    "legal_basis": ("legal basis", "合法性基础"),
    "controller": ("controller", "处理者"),
    "region": ("region", "地域"),
    "owner": ("owner", "责任人"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A dataset with what is declared of it; a key nobody declared has no values."""

    dataset_id: int
    name: str
    kind: str
    declared: Mapping[str, tuple[str, ...]]

    def facets(self) -> Iterable[Facet]:
        """Where data is that is in this dataset."""
        if self.kind == "path":
            yield RECIPIENT, self.name
        for kind, key in ((PURPOSE, "purpose"), (ENTITY, "controller"), (REGION, "region")):
            yield from ((kind, value) for value in self.declared.get(key, ()))
        if self.kind != "path" and not (self.declared.get("purpose") and self.declared.get("controller")):
            yield UNDECLARED, self.name

    def told(self, language: str) -> str:
        """One phrase: what is declared, and what is not."""
        parts = []
        for key, words in _WORDS.items():
            values = self.declared.get(key, ())
            word = words[language == "zh"]
            parts.append(f"{word} {', '.join(values) if values else _ABSENT[language]}")
        return ("；" if language == "zh" else "; ").join(parts)

    def as_json(self) -> dict[str, object]:
        """The same as data; nothing declared is an empty list."""
        return {"dataset": self.name, "kind": self.kind, **{key: list(self.declared.get(key, ())) for key in _WORDS}}


class Places:
    """The datasets of a store, by identity and by column; ``any_declared`` is whether any purpose or controller is."""

    def __init__(self, store: FactStore) -> None:
        declared: dict[int, dict[str, list[str]]] = {}
        for row in store.query(
            "SELECT dataset_id, key, value FROM declared WHERE column_id IS NULL ORDER BY dataset_id, key, value"
        ):
            declared.setdefault(row["dataset_id"], {}).setdefault(row["key"], []).append(row["value"])
        self.any_declared = any(key in keys for keys in declared.values() for key in ("purpose", "controller"))
        for dataset_id, names in owners(store).items():
            declared.setdefault(dataset_id, {})["owner"] = names.split(", ")
        self.by_id = {
            row["dataset_id"]: Place(
                row["dataset_id"],
                row["name"],
                row["kind"],
                {key: tuple(values) for key, values in declared.get(row["dataset_id"], {}).items()},
            )
            for row in store.query("SELECT dataset_id, name, kind FROM dataset")
        }
        self.of_column: dict[int, Place] = {}
        self.column: dict[int, str] = {}
        for row in store.query("SELECT column_id, dataset_id, name, field_path FROM column"):
            place = self.by_id[row["dataset_id"]]
            self.of_column[row["column_id"]] = place
            path = f".{row['field_path']}" if row["field_path"] else ""
            self.column[row["column_id"]] = f"{place.name}.{row['name']}{path}"
        self._parents = {
            row["purpose"]: row["parent"] for row in store.query("SELECT purpose, parent FROM purpose ORDER BY purpose")
        }

    def counts(self, column_id: int) -> bool:
        """Whether a column is a place where data stays: not a temporary table, not the answer to a query."""
        place = self.of_column[column_id]
        return place.kind != "temporary" and place.name != "<query>"

    def levels(self, reached: Reach) -> dict[Facet, int]:
        """Every place that data reaches, with the weakest protection it has there."""
        found: dict[Facet, int] = {}
        for column, arrival in reached.items():
            if self.counts(column):
                for facet in self.of_column[column].facets():
                    found[facet] = min(found.get(facet, arrival.level), arrival.level)
        return found

    def level_of(self, facet: Facet, levels: Mapping[Facet, int]) -> int | None:
        """The weakest protection with which data reached a place; a purpose lies within every wider one."""
        kind, value = facet
        wider = covering(value, self._parents) if kind == PURPOSE else (value,)
        found = [levels[kind, one] for one in wider if (kind, one) in levels]
        return min(found, default=None)
