"""Flows of personal data that a change opens or closes: by purpose, legal entity, recipient and region."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from datagov.lint import tables
from datagov.lint.finding import Finding, finding
from datagov.lint.places import COLUMN, ENTITY, PURPOSE, RECIPIENT, REGION, TABLE, UNDECLARED, Facet, Place, Places
from datagov.lint.reach import Origin, Reach, origins, reach
from datagov.lint.world import World
from datagov.model import Protection, Severity
from datagov.stages.spread import lineage_of, seeds_of
from datagov.vocabulary import terms

_RULES = {
    PURPOSE: "LINT-F01",
    ENTITY: "LINT-F02",
    RECIPIENT: "LINT-F03",
    REGION: "LINT-F04",
    UNDECLARED: "LINT-F05",
    COLUMN: "LINT-F06",
    TABLE: "LINT-F07",
}
_CLOSED = "LINT-F09"
_WEIGHED = frozenset(_RULES[kind] for kind in (PURPOSE, ENTITY, RECIPIENT, REGION))
"""Rules that weigh less when the data arrives pseudonymised."""
_LEVELS = tuple(Protection)
_SHOWN = 6
_KINDS = {
    PURPOSE: ("purpose", "目的"),
    ENTITY: ("legal entity", "法律实体"),
    RECIPIENT: ("recipient", "接收方"),
    REGION: ("region", "地域"),
    UNDECLARED: ("table without declarations", "未声明的表"),
    COLUMN: ("column", "列"),
    TABLE: ("table", "表"),
}


@dataclass(frozen=True, slots=True)
class _Way:
    """A place data newly reaches, or no longer does, and the edge of the change that decides it."""

    facet: Facet
    entity: str
    origin: Place
    target: Place
    edge_id: int | None
    file: str
    line: int
    now: int | None
    until: int | None
    closes: bool


@dataclass(slots=True)
class _Change:
    """What is compared: the run's lineage and the one with the linted SQL."""

    world: World
    places: Places
    added: dict[int, dict[str, Any]]
    fresh: set[int]
    """Edges of the linted SQL that the run's SQL did not have."""
    gone: set[int]
    """Edges of the run that the linted SQL does not have; none of a file that was not wholly read."""
    found: dict[_Way, tuple[_Way, list[int]]] = field(default_factory=dict)
    """By what is said, wherever it stands: the first place of it, and the origin columns."""


def compare(world: World) -> Iterator[Finding]:
    """Findings for every flow the change opens (LINT-F01 … F07) and closes (LINT-F09)."""
    assert world.before is not None
    store = world.store
    jobs = ",".join(str(job_id) for job_id in world.files) or "-1"
    rows = store.query(
        "SELECT e.* FROM edge e JOIN statement s USING (statement_id)"
        f" WHERE s.job_id IN ({jobs}) AND e.type = 'DIRECT' AND e.target_column_id IS NOT NULL"
    )
    ran = {_claim(edge) for edge in world.removed.values()}
    fresh = {row["edge_id"] for row in rows if _claim(row) not in ran}
    kept = {_claim(row) for row in rows}
    unread = {job_id for job_id, file in world.files.items() if _unread(world, file.name)}
    gone = {n for n, row in world.removed.items() if row["job_id"] not in unread and _claim(row) not in kept}
    change = _Change(world, Places(store), {row["edge_id"]: row for row in rows}, fresh, gone)
    after = lineage_of(store, unseen=fresh)
    touched = {row["source_column_id"] for row in (*change.added.values(), *world.removed.values())}
    now = seeds_of(store, after)
    wanted = sorted(origins(world.before, world.seeds, touched) | origins(after, now, touched))
    for origin, old, new in zip(wanted, reach(world.before, wanted), reach(after, wanted), strict=True):
        named = _opened(change, origin, old, new)
        _landed(change, origin, old, new, named)
        _taken(change, origin, old, new, _closed(change, origin, old, new))
    for way, columns in sorted(change.found.values(), key=lambda item: (item[0].file, item[0].line)):
        yield _told(change, way, columns)


def _claim(edge: dict[str, Any]) -> tuple[int, int | None, str]:
    """What an edge says, wherever it stands: when the run's SQL said it too, the run has seen what came of it."""
    return edge["source_column_id"], edge["target_column_id"], edge["protection"]


def _opened(change: _Change, origin: Origin, old: Reach, new: Reach) -> set[tuple[str, int]]:
    """Note the places the change opens; returns their kinds and the tables they were named by."""
    places = change.places
    named = set()
    before = places.levels(old)
    for facet, level in places.levels(new).items():
        until = places.level_of(facet, before)
        if until is not None and until <= level:
            continue
        ways = []
        for column, arrival in new.items():
            place = places.of_column[column]
            opening = next((edge for edge in arrival.path if edge in change.fresh), None)
            if arrival.level == level and opening is not None and facet in place.facets() and places.counts(column):
                ways.append((len(arrival.path), place.name, opening, place))
        if not ways:
            continue
        _, _, edge_id, place = min(ways, key=lambda way: way[:3])
        edge = change.added[edge_id]
        _note(change, origin, facet, place, edge, (level, until))
        named.add((facet[0], place.dataset_id))
    return named


def _landed(change: _Change, origin: Origin, old: Reach, new: Reach, named: set[tuple[str, int]]) -> None:
    """Note columns that lose protection and tables that receive data, where no finding of a place says so already."""
    said = {dataset for kind, dataset in named if kind != UNDECLARED}
    for landing in tables.opened(change.places, old, new, change.added, change.fresh):
        place = landing.place
        if place.kind == "path" or place.dataset_id in said:
            continue
        if landing.until is not None:
            facet = COLUMN, change.places.column[landing.column_id]
        elif (UNDECLARED, place.dataset_id) not in named:
            facet = TABLE, place.name
        else:
            continue
        edge = change.added[landing.edge_id]
        _note(change, origin, facet, place, edge, (landing.now, landing.until))


def _taken(change: _Change, origin: Origin, old: Reach, new: Reach, named: set[int]) -> None:
    """Note tables that data is taken from, where no finding of a place says so already."""
    removed = change.world.removed
    for landing in tables.closed(change.places, old, new, removed, change.gone):
        if landing.place.dataset_id not in named:
            edge = _nearest(change, removed[landing.edge_id])
            levels = landing.now, landing.until
            _note(change, origin, (TABLE, landing.place.name), landing.place, edge, levels, closes=True)


def _closed(change: _Change, origin: Origin, old: Reach, new: Reach) -> set[int]:
    """Note the places the change closes; returns the tables named. SQL that was not read closes nothing."""
    named = set()
    places, removed = change.places, change.world.removed
    after = places.levels(new)
    for facet, level in places.levels(old).items():
        now = places.level_of(facet, after)
        if facet[0] == UNDECLARED or (now is not None and now <= level):
            continue
        ways = []
        for column, arrival in old.items():
            place = places.of_column[column]
            closing = next((edge for edge in arrival.path if edge in change.gone), None)
            if arrival.level == level and closing is not None and facet in place.facets() and places.counts(column):
                ways.append((len(arrival.path), place.name, closing, place, column))
        if not ways:
            continue
        _, _, last, place, column = min(ways, key=lambda way: way[:3])
        still = new.get(column)
        masks = next((edge for edge in still.path if edge in change.fresh), None) if still else None
        edge = change.added[masks] if masks is not None else _nearest(change, removed[last])
        _note(change, origin, facet, place, edge, (now, level), closes=True)
        named.add(place.dataset_id)
    return named


def _nearest(change: _Change, gone: dict[str, Any]) -> dict[str, Any]:
    """A line of the file that a removed edge stood in: where its table is written now, else the old line, cut off."""
    target = gone["target_dataset_id"]
    for edge in change.added.values():
        if edge["file"] == gone["file"] and edge["target_dataset_id"] == target:
            return edge
    for file in change.world.files.values():
        if file.name == gone["file"]:
            lines = (file.text or "").count("\n") + 1
            return {**gone, "line": min(gone["line"] or 1, lines)}
    return {**gone, "line": 1}


def _note(
    change: _Change,
    origin: Origin,
    facet: Facet,
    target: Place,
    edge: dict[str, Any],
    levels: tuple[int | None, int | None],
    *,
    closes: bool = False,
) -> None:
    way = _Way(
        facet,
        origin.entity,
        change.places.of_column[origin.column_id],
        target,
        edge["edge_id"] if edge["edge_id"] in change.added else None,
        edge["file"],
        edge["line"] or 1,
        *levels,
        closes,
    )
    key = replace(way, edge_id=None, line=0)
    change.found.setdefault(key, (way, []))[1].append(origin.column_id)


def _told(change: _Change, way: _Way, columns: list[int]) -> Finding:
    names = [change.places.column[column] for column in sorted(set(columns))]
    least = _unseen(change, way.file)
    arguments: dict[str, Any] = {
        "entity": way.entity,
        "facet": way.facet[0],
        "value": way.facet[1],
        "origin": way.origin.as_json(),
        "origin_columns": names,
        "target": way.target.as_json(),
        "protection": None if way.now is None else _LEVELS[way.now].value,
        "protection_before": None if way.until is None else _LEVELS[way.until].value,
        "detections": _detections(change, way.entity, columns),
        "consent": _consent(change, (way.origin, way.target)),
        "at_least": least,
    }
    rule = _CLOSED if way.closes else _RULES[way.facet[0]]
    shown = f"{', '.join(names[:_SHOWN])}{' …' if len(names) > _SHOWN else ''}"
    words = {
        f"{key}_{language}": text for language in ("en", "zh") for key, text in _words(change, way, columns, language)
    }
    severity = None
    if rule in _WEIGHED and way.now == Protection.PSEUDONYMISED.level:
        severity = Severity.MEDIUM
    if rule == _RULES[UNDECLARED] and not change.places.any_declared:
        severity = Severity.INDICATOR
    return finding(
        rule,
        way.file,
        way.line,
        way.target.name,
        severity=severity,
        arguments=arguments,
        words={**words, "columns": shown},
        edge_id=way.edge_id,
        origin_column_id=columns[0],
        dataset_id=way.target.dataset_id,
    )


def _words(change: _Change, way: _Way, columns: list[int], language: str) -> Iterator[tuple[str, str]]:
    """The parts of a sentence in one language."""
    name = terms.load().name
    chinese = language == "zh"
    (row,) = change.world.store.query(
        f"SELECT max(title_{language}) AS title FROM category WHERE entity = ?", (way.entity,)
    )
    yield "title", f"{row['title'] or way.entity}"
    yield "kind", _KINDS[way.facet[0]][chinese]
    now = None if way.now is None else name("protection", _LEVELS[way.now].value, language)
    until = None if way.until is None else name("protection", _LEVELS[way.until].value, language)
    yield "how", now or ""
    yield "was", until or ""
    if way.closes:
        if now is None:
            yield "fate", "不再到达" if chinese else "no longer reaches"
        else:
            yield "fate", f"现仅以{now}形式到达" if chinese else f"now only {now} reaches"
    else:
        before = "" if until is None else (f"（此前仅为{until}）" if chinese else f" (until now only {until})")
        yield "until", before
    yield "from", way.origin.told(language)
    yield "to", way.target.told(language)
    yield "found", _found(_detections(change, way.entity, columns), language)
    yield (
        "consent",
        "".join(
            _covered(row, language)
            for row in _consent(change, (way.origin, way.target))
            if row["rows"] > row["covered"]
        ),
    )
    if _unseen(change, way.file):
        yield (
            "least",
            "部分 SQL 无法看透，至少如此。" if chinese else " At least this: some SQL could not be seen through.",
        )
    else:
        yield "least", ""


def _detections(change: _Change, entity: str, columns: list[int]) -> list[dict[str, Any]]:
    """How surely the run knows the origin columns to hold the entity, and by what."""
    marks = ",".join(str(column) for column in sorted(set(columns)))
    rows = change.world.store.query(
        f"SELECT column_id, mode, confidence, by_content FROM detection WHERE column_id IN ({marks}) AND entity = ?"
        " ORDER BY column_id, confidence DESC, mode",
        (entity,),
    )
    return [
        {
            "column": change.places.column[row["column_id"]],
            "mode": row["mode"],
            "confidence": round(row["confidence"], 4),
            "by_content": bool(row["by_content"]),
        }
        for row in rows
    ]


def _found(detections: list[dict[str, Any]], language: str) -> str:
    """One sentence: by what the run found it, and the least confidence; empty where an earlier run's tag stands."""
    if not detections:
        return ""
    least = min(detections, key=lambda row: row["confidence"])
    mode = "is_name" if least["mode"] == "is" and not least["by_content"] else least["mode"]
    how = terms.load().name("mode", mode, language)
    if language == "zh":
        return f"该运行的识别依据：{how}，置信度 {least['confidence']:.2f}。"
    return f" The run knows it by {how}, confidence {least['confidence']:.2f}."


def _consent(change: _Change, places: tuple[Place, ...]) -> list[dict[str, Any]]:
    """Rows of the datasets that the run compared with the consent ledger, and how many were covered."""
    marks = ",".join(str(place.dataset_id) for place in places)
    return change.world.store.query(
        "SELECT d.name AS dataset, k.purpose, sum(k.rows) AS rows, sum(CASE WHEN k.verdict = 'covered' THEN k.rows"
        " ELSE 0 END) AS covered FROM consent_coverage k JOIN dataset d USING (dataset_id)"
        f" WHERE k.dataset_id IN ({marks}) GROUP BY 1, 2 HAVING sum(k.rows) > 0 ORDER BY 1, 2"
    )


def _covered(row: dict[str, Any], language: str) -> str:
    share = (row["rows"] - row["covered"]) / row["rows"]
    if language == "zh":
        return f"上次审计中 {row['dataset']} 为 {row['purpose']} 处理的 {row['rows']} 行有 {share:.1%} 无同意覆盖。"
    return (
        f" In the run, {share:.1%} of the {row['rows']} rows of {row['dataset']} had no consent in force"
        f" for {row['purpose']}."
    )


def _unseen(change: _Change, file: str) -> bool:
    """Whether more may flow than is seen: SQL of the file, of other jobs, or of the run itself was not read."""
    world = change.world
    return bool(world.unread_before) or world.incomplete_before or _unread(world, file)


def _unread(world: World, file: str) -> bool:
    """Whether SQL of a file was not read: what it no longer seems to move, it may move still."""
    sql = (
        "SELECT 1 FROM statement s JOIN job j USING (job_id) WHERE j.file = ? AND s.outcome <> 'parsed'"
        " UNION ALL SELECT 1 FROM problem WHERE stage = 'trace' AND fatal AND file = ? LIMIT 1"
    )
    return bool(world.store.query(sql, (file, file)))
