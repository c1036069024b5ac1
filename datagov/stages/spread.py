"""Spread: where personal data goes. Detections and declarations flow along lineage to every column they reach.

Two labellings over the same graph (never a closure over all pairs of columns):

- by entity → ``exposure``: which personal data a column carries, from which origin, how protected;
- by origin dataset → ``flow``: whose data arrives where, for rules about owners and purposes.

What the content shows wins over what SQL claims: a column whose values are masked is protected from there on,
and a column whose values are in the clear is not protected, whatever function its SQL calls.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datagov.fact_writer import FactWriter
from datagov.lineage.graph import Graph
from datagov.lineage.spread import Spread
from datagov.model import Protection
from datagov.night import Night
from datagov.store import FactStore

Ints = npt.NDArray[np.int64]

_LEVELS = tuple(Protection)
_OF_MASKING = {
    "partial": Protection.PARTIALLY_MASKED,
    "hash": Protection.PSEUDONYMISED,
    "token": Protection.PSEUDONYMISED,
    "redacted": Protection.CLEARED,
}


@dataclass(frozen=True, slots=True)
class Lineage:
    """DIRECT column edges by node number, protections as the content corrects them."""

    column_ids: Ints
    node: Mapping[int, int]
    edge_ids: Ints
    source: Ints
    target: Ints
    protection: npt.NDArray[np.uint8]


def run(night: Night) -> None:
    """Land ``category``, ``exposure`` and ``flow`` facts."""
    store = night.store
    _declared_entities(store)
    categories(store)
    lineage = lineage_of(store)
    seeds = seeds_of(store, lineage)
    if seeds:
        roots = roots_of(lineage, seeds)
        facts = FactWriter(source_id=0)
        _exposures(facts, lineage, seeds, roots)
        _flows(facts, store, lineage, roots)
        store.land(facts.batches())
    store.commit()
    night.progress("spread", 1, 1)


def _declared_entities(store: FactStore) -> None:
    """A declared entity of a column is a detection of its own kind; it is not evidence from content."""
    facts = FactWriter(source_id=0)
    rows = store.query(
        "SELECT DISTINCT d.column_id, d.value FROM declared d WHERE d.key = 'entity_type' AND d.column_id IS NOT NULL"
        " AND (d.column_id, d.value) NOT IN (SELECT column_id, entity FROM detection)"
        " ORDER BY 1, 2"
    )
    for row in rows:
        facts.add(
            "detection",
            column_id=row["column_id"],
            entity=row["value"],
            mode="declared",
            confidence=1.0,
            by_content=False,
            evidence="{}",
        )
    store.land(facts.batches())


def categories(store: FactStore) -> None:
    """Land what every entity of the run means for the law."""
    from datagov.vocabulary.categories import category

    facts = FactWriter(source_id=0)
    for row in store.query("SELECT DISTINCT entity FROM detection ORDER BY entity"):
        known = category(row["entity"])
        facts.add(
            "category",
            entity=row["entity"],
            title_en=known.title_en,
            title_zh=known.title_zh,
            personal=known.personal,
            fides=known.fideslang,
            dpv=known.dpv,
            pipl_sensitive=known.pipl_sensitive,
            jrt0171=known.jrt0171,
            jrt0197=known.jrt0197,
        )
    store.land(facts.batches())


def lineage_of(store: FactStore, *, unseen: Collection[int] = ()) -> Lineage:
    """The DIRECT edges that have landed in the store, between all columns of the store.

    ``unseen`` are edges whose SQL ran in no content that was looked at: their protection is what the SQL claims.
    """
    rows = store.query(
        "SELECT edge_id, source_column_id, target_column_id, protection FROM edge"
        " WHERE type = 'DIRECT' AND target_column_id IS NOT NULL ORDER BY edge_id"
    )
    ids = np.array([row["column_id"] for row in store.query("SELECT column_id FROM column ORDER BY 1")], np.int64)
    node = {int(column_id): n for n, column_id in enumerate(ids)}
    target = np.array([node[row["target_column_id"]] for row in rows], np.int64)
    protection = np.array([Protection(row["protection"]).level for row in rows], np.uint8)
    ran = np.array([row["edge_id"] not in unseen for row in rows], bool)
    for column_id, masking in _seen_content(store):
        arriving = (target == node[column_id]) & ran
        if masking is None:
            protection[arriving] = Protection.NONE.level
        else:
            protection[arriving] = np.maximum(protection[arriving], _OF_MASKING[masking].level)
    return Lineage(
        column_ids=ids,
        node=node,
        edge_ids=np.array([row["edge_id"] for row in rows], np.int64),
        source=np.array([node[row["source_column_id"]] for row in rows], np.int64),
        target=target,
        protection=protection,
    )


def _seen_content(store: FactStore) -> list[tuple[int, str | None]]:
    """Columns whose content was seen to be personal data that stands alone: (column_id, kind of mask or None)."""
    rows = store.query(
        "SELECT column_id, min(coalesce(masking, '')) AS masking FROM detection WHERE by_content AND mode = 'is'"
        " AND column_id IN (SELECT target_column_id FROM edge) GROUP BY column_id"
    )
    return [(row["column_id"], row["masking"] or None) for row in rows]


@dataclass(frozen=True, slots=True)
class Seed:
    """Personal data known to be in a column: node, entity, and the protection its content shows."""

    node: int
    entity: str
    protection: int


def seeds_of(store: FactStore, lineage: Lineage) -> list[Seed]:
    """Every personal detection of the store; its masked content is its protection."""
    rows = store.query(
        "SELECT t.column_id, t.entity, min(coalesce(t.masking, '')) AS masking FROM detection t"
        " JOIN category c ON c.entity = t.entity AND c.personal GROUP BY t.column_id, t.entity ORDER BY 1, 2"
    )
    return [
        Seed(
            lineage.node[row["column_id"]],
            row["entity"],
            _OF_MASKING[row["masking"]].level if row["masking"] else Protection.NONE.level,
        )
        for row in rows
    ]


def spread_from(lineage: Lineage, seeds: Iterable[tuple[int, int, int]], *, labels: int) -> Spread:
    """Spread (node, label, protection) seeds; a protected seed enters by an edge of its own."""
    given = list(seeds)
    n = len(lineage.column_ids)
    entry = [(n + k, node, protection) for k, (node, _, protection) in enumerate(given)]
    graph = Graph(
        n + len(given),
        np.concatenate([lineage.source, np.array([e[0] for e in entry], np.int64)]),
        np.concatenate([lineage.target, np.array([e[1] for e in entry], np.int64)]),
        np.concatenate([lineage.protection, np.array([e[2] for e in entry], np.uint8)]),
    )
    return graph.spread(
        np.array([e[0] for e in entry], np.int64), np.array([s[1] for s in given], np.int64), n_labels=labels
    )


def roots_of(lineage: Lineage, seeds: list[Seed]) -> list[Seed]:
    """The seeds that nothing upstream explains; a cycle of seeds keeps its first."""
    entities = {entity: n for n, entity in enumerate(sorted({seed.entity for seed in seeds}))}
    carried = {(seed.node, seed.entity) for seed in seeds}
    feeds: dict[int, list[int]] = {}
    for source, target, protection in zip(lineage.source, lineage.target, lineage.protection, strict=True):
        if protection < Protection.CLEARED.level and source != target:
            feeds.setdefault(int(target), []).append(int(source))
    reached = _reached(lineage, seeds, entities)
    roots = [
        seed
        for seed in seeds
        if not any(
            (source, seed.entity) in carried or (source, entities[seed.entity]) in reached
            for source in feeds.get(seed.node, ())
        )
    ]
    while True:
        covered = _reached(lineage, roots, entities)
        left = [seed for seed in seeds if (seed.node, entities[seed.entity]) not in covered]
        if not left:
            return roots
        roots.append(left[0])


def _reached(lineage: Lineage, seeds: list[Seed], entities: Mapping[str, int]) -> set[tuple[int, int]]:
    spread = spread_from(lineage, [(s.node, entities[s.entity], s.protection) for s in seeds], labels=len(entities))
    return set(zip(spread.node.tolist(), spread.label.tolist(), strict=True))


def _exposures(facts: FactWriter, lineage: Lineage, seeds: list[Seed], roots: list[Seed]) -> None:
    """One row per column and entity: its weakest protection, and where the shortest path to it begins."""
    entities = sorted({seed.entity for seed in seeds})
    number = {entity: n for n, entity in enumerate(entities)}
    spread = spread_from(lineage, [(s.node, number[s.entity], s.protection) for s in roots], labels=len(entities))
    origin, hops = arrivals(lineage, spread)
    for i in weakest(spread, len(lineage.column_ids)):
        facts.add(
            "exposure",
            column_id=int(lineage.column_ids[spread.node[i]]),
            entity=entities[int(spread.label[i])],
            protection=_LEVELS[int(spread.protection[i])].value,
            origin_column_id=int(lineage.column_ids[origin[i]]),
            edge_id=int(lineage.edge_ids[spread.edge[i]]) if hops[i] else None,
            hops=int(hops[i]),
        )


def _flows(facts: FactWriter, store: FactStore, lineage: Lineage, roots: list[Seed]) -> None:
    """One row per column and origin dataset whose personal data reaches it over at least one edge."""
    dataset = {row["column_id"]: row["dataset_id"] for row in store.query("SELECT column_id, dataset_id FROM column")}
    home = [dataset[int(lineage.column_ids[seed.node])] for seed in roots]
    origins = sorted(set(home))
    number = {dataset_id: n for n, dataset_id in enumerate(origins)}
    seeds = sorted({(s.node, number[d], s.protection) for s, d in zip(roots, home, strict=True)})
    spread = spread_from(lineage, seeds, labels=len(origins))
    _, hops = arrivals(lineage, spread)
    for i in weakest(spread, len(lineage.column_ids)):
        column_id = int(lineage.column_ids[spread.node[i]])
        origin = origins[int(spread.label[i])]
        if hops[i] and dataset[column_id] != origin:
            facts.add(
                "flow",
                column_id=column_id,
                dataset_id=dataset[column_id],
                origin_dataset_id=origin,
                protection=_LEVELS[int(spread.protection[i])].value,
                edge_id=int(lineage.edge_ids[spread.edge[i]]),
                hops=int(hops[i]),
            )


def weakest(spread: Spread, columns: int) -> list[int]:
    """Index of the weakest-protected row per (node, label), in the order of nodes and labels."""
    best: dict[tuple[int, int], int] = {}
    for i, (node, label) in enumerate(zip(spread.node.tolist(), spread.label.tolist(), strict=True)):
        if node >= columns:
            continue
        key = (node, label)
        if key not in best or spread.protection[i] < spread.protection[best[key]]:
            best[key] = i
    return [best[key] for key in sorted(best)]


def arrivals(lineage: Lineage, spread: Spread) -> tuple[Ints, Ints]:
    """(origin node, real edges on the path) per row: a path begins with the entry edge of its seed, which is none."""
    columns = len(lineage.column_ids)
    entries = (spread.node[spread.before] >= columns) & (spread.node < columns)
    entered = np.full(int(spread.node.max(initial=0)) + 1, -1, np.int64)
    entered[spread.node[spread.before[entries]]] = spread.node[entries]
    return entered[spread.origins()], spread.hops.astype(np.int64) - 1
