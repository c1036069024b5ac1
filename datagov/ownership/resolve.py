"""Resolves what was declared and asserted to single datasets and columns: nearest wins, conflicts are kept."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from datagov.contracts import FactBatches
from datagov.fact_writer import FactWriter
from datagov.ownership import instants
from datagov.ownership.selectors import Index, Selector
from datagov.store import FactStore
from datagov.vocabulary.categories import known_entity
from datagov.vocabulary.legal_bases import known_basis

Row = dict[str, Any]

PROCESSING_KEYS = ("purpose", "legal_basis")
"""Declarations that make up the record of processing."""

ADDED_KEYS = (*PROCESSING_KEYS, "data_subject", "recipient", "third_country", "quality")
"""Declarations of which equally near ones of sources all count: none of them takes anything back."""

NEEDED_KEYS = frozenset({"purpose", "legal_basis", "subject_key", "processed_at"})
"""Declarations that switch rules on: one that selects nothing, or a column, must not pass unseen."""

_MOST_UNMATCHED = 5
"""Most selectors of one source's file that are named one by one when they select nothing."""

_VOCABULARIES: Mapping[str, Callable[[str], str]] = {"entity_type": known_entity, "legal_basis": known_basis}
"""Keys whose values are of a closed list, with what raises ValueError for any other value."""


def resolve(store: FactStore, *, as_of: str) -> FactBatches:
    """``declared``, ``owner_assignment`` and ``register`` facts from what has landed in the store.

    Also finds the dataset of every consent ledger (``consent_ledger.dataset_id``); one that its source does not
    have is a fatal ``problem``. ``as_of`` is UTC ISO 8601 and decides which assertions are in force.
    """
    facts = FactWriter(source_id=0)
    datasets = store.query("SELECT dataset_id, source_id, name FROM dataset WHERE kind <> 'temporary'")
    unmatched = _declare(facts, store, datasets)
    for selector, said in _assign(facts, store, datasets, as_of).items():
        unmatched.setdefault(selector, []).extend(said)
    _say_unmatched(facts, store, list(unmatched.values()))
    _connect(facts, store)
    _find_ledgers(facts, store)
    yield from facts.batches()


def _declare(facts: FactWriter, store: FactStore, datasets: Sequence[Row]) -> dict[str, list[Row]]:
    """One ``declared`` row per dataset or column, key and value; returns what was said by selectors of nothing."""
    by_selector: dict[str, list[Row]] = defaultdict(list)
    for declaration in store.query("SELECT * FROM declaration ORDER BY declaration_id"):
        if fault := _fault(declaration):
            _problem(facts, declaration, "unreadable", fault, fatal=True)
        else:
            by_selector[declaration["selector"]].append(declaration)
    index = Index(by_selector)
    columns: dict[int, dict[int, str]] = defaultdict(dict)
    for column in store.query('SELECT dataset_id, column_id, name, field_path FROM "column"'):
        path = f".{column['field_path']}" if column["field_path"] else ""
        columns[column["dataset_id"]][column["column_id"]] = f"{column['name']}{path}"
    matched: set[str] = set()
    misplaced: set[str] = set()
    for dataset in datasets:
        targets: dict[int | None, list[Selector]] = defaultdict(list)
        targets[None].extend(index.matching(dataset["name"]))
        for number, selector in index.about(dataset["name"], columns[dataset["dataset_id"]]):
            targets[number].append(selector)
        for target, selectors in targets.items():
            matched.update(selector.text for selector in selectors)
            if target is not None:
                misplaced.update(selector.text for selector in selectors)
            said = [row for selector in selectors for row in by_selector[selector.text]]
            for values in _disagreeing(said):
                _conflict(facts, values)
            for row in _nearest(said):
                facts.add(
                    "declared",
                    dataset_id=dataset["dataset_id"],
                    column_id=target,
                    key=row["key"],
                    value=row["value"],
                    selector=row["selector"],
                    file=row["file"],
                    line=row["line"],
                )
    for text, said in by_selector.items():
        if text in misplaced:
            _of_a_column(facts, [row for row in said if row["key"] in NEEDED_KEYS])
    return {text: rows for text, rows in by_selector.items() if text not in matched}


def _unread(store: FactStore) -> list[str]:
    """Sources of data that gave no dataset because they could not be read."""
    sql = (
        "SELECT name FROM source AS s WHERE role = 'data' AND outcome <> 'read'"
        " AND NOT EXISTS (SELECT 1 FROM dataset AS d WHERE d.source_id = s.source_id) ORDER BY source_id"
    )
    return [row["name"] for row in store.query(sql)]


def _say_unmatched(facts: FactWriter, store: FactStore, unmatched: Sequence[Sequence[Row]]) -> None:
    """Problems for selectors that select nothing, each with what was said by it.

    A contract or export may be about much that this audit does not read: more than a few of one file are one problem.
    Where a source of data could not be read, what selects nothing may be about that source, and is no mistake.
    """
    unread = ", ".join(_unread(store))
    by_file: dict[str, list[Row]] = defaultdict(list)
    for said in unmatched:
        fatal = any(row.get("key") is None or row["key"] in NEEDED_KEYS for row in said)
        for row in {row["file"]: row for row in reversed(said)}.values():
            if row["source_id"] is None:
                _problem(facts, row, "unmatched", _sentence(row, unread), fatal=fatal)
            else:
                by_file[row["file"]].append(row)
    for file, rows in by_file.items():
        if len(rows) <= _MOST_UNMATCHED:
            for row in rows:
                _problem(facts, row, "unmatched", _sentence(row, unread), fatal=False)
            continue
        message = (
            f"{len(rows)} names in {file} match no table or column that was read, so they say nothing; "
            f"the first is {rows[0]['selector']}."
        )
        _problem(facts, rows[0], "unmatched", message, fatal=False)


def _sentence(row: Row, unread: str) -> str:
    if unread:
        return (
            f"The declaration for {row['selector']} matches no table or column that was read; it may be about a source "
            f"that could not be read: {unread}."
        )
    return (
        f"The declaration for {row['selector']} matches no table or column that was read, so it says nothing; "
        "correct the name."
    )


def _of_a_column(facts: FactWriter, said: Sequence[Row]) -> None:
    for row in said:
        message = f"The {row['key']!r} of {row['selector']} is about a whole dataset and does not count for a column."
        _problem(facts, row, "unmatched", message, fatal=True)


def _fault(declaration: Row) -> str | None:
    """What is wrong with a declaration whose key has a closed vocabulary; it then counts for nothing."""
    check = _VOCABULARIES.get(declaration["key"])
    if check is None:
        return None
    try:
        check(declaration["value"])
    except ValueError as error:
        return f"The {declaration['key']!r} declared for {declaration['selector']} does not count: {error}."
    return None


def _problem(facts: FactWriter, row: Row, kind: str, message: str, *, fatal: bool) -> None:
    """A declaration or assertion that is not, or not fully, taken up, with its place."""
    facts.add(
        "problem",
        stage="declare",
        source_id=row["source_id"],
        object=row["selector"],
        kind=kind,
        message=message,
        fatal=fatal,
        file=row["file"],
        line=row["line"],
    )


def _nearest(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows that win, key by key: all values of the nearest statement; of equally near ones the latest.

    Sources that disagree on what processing is (ADDED_KEYS) all count, so that the stricter rule applies.
    """
    for key, alternatives in _statements(rows).items():
        nearest = max(alternatives, key=_place_in_line)
        equal = _equally_near(alternatives) if key in ADDED_KEYS and nearest[0]["source_id"] is not None else ()
        kept = {row["value"]: row for statement in (nearest, *equal) for row in reversed(statement)}
        yield from sorted(kept.values(), key=lambda row: int(row["declaration_id"]))


def _disagreeing(rows: Iterable[Row]) -> Iterator[list[list[Row]]]:
    """Statements of contracts that are the nearest, equally near, and do not name the same values of a key.

    Keys of which all values count are no disagreement, unless they decide whether processing is allowed.
    """
    for key, alternatives in _statements(rows).items():
        if key in ADDED_KEYS and key not in PROCESSING_KEYS:
            continue
        equal = _equally_near(alternatives)
        nearest = max(alternatives, key=_place_in_line)
        if nearest[0]["source_id"] is not None and len({frozenset(r["value"] for r in said) for said in equal}) > 1:
            yield equal


def _conflict(facts: FactWriter, statements: Sequence[Sequence[Row]]) -> None:
    row = statements[-1][0]
    files = " and ".join(sorted({str(said[0]["file"]) for said in statements}))
    what = "all of them count" if row["key"] in ADDED_KEYS else "the last one counts"
    message = f"{files} declare different values of {row['key']!r} for {row['selector']}; {what}."
    _problem(facts, row, "conflict", message, fatal=False)


def _statements(rows: Iterable[Row]) -> Mapping[str, Sequence[list[Row]]]:
    found: dict[str, dict[Hashable, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[row["key"]][_statement(row)].append(row)
    return {key: list(statements.values()) for key, statements in found.items()}


def _equally_near(statements: Sequence[list[Row]]) -> list[list[Row]]:
    """The statements of sources that are as near as the nearest of all."""
    nearness = max(Selector(said[0]["selector"]).nearness for said in statements)
    return [
        said
        for said in statements
        if said[0]["source_id"] is not None and Selector(said[0]["selector"]).nearness == nearness
    ]


def _place_in_line(statement: Sequence[Row]) -> tuple[tuple[bool, int], int]:
    return Selector(statement[0]["selector"]).nearness, int(statement[-1]["declaration_id"])


def _statement(row: Row) -> Hashable:
    """What was said in one breath: a key of one datagov.yaml entry, or of one contract."""
    if row["source_id"] is None:
        return None, row["selector"], row["file"], row["line"]
    return row["source_id"], row["selector"], row["file"]


def _assign(facts: FactWriter, store: FactStore, datasets: Sequence[Row], as_of: str) -> dict[str, list[Row]]:
    """Owner assignments per dataset and role: everything the nearest assertions say, marked when they disagree.

    Returns the assertions whose selectors select nothing.
    """
    by_selector: dict[str, list[Row]] = defaultdict(list)
    for assertion in store.query("SELECT * FROM owner_assertion ORDER BY assertion_id"):
        by_selector[assertion["selector"]].append(assertion)
    index = Index(by_selector)
    matched: set[str] = set()
    for dataset in datasets:
        by_role: dict[str, list[Row]] = defaultdict(list)
        for selector in index.matching(dataset["name"]):
            matched.add(selector.text)
            for row in by_selector[selector.text]:
                by_role[row["role"]].append(row)
        for said in by_role.values():
            _assign_role(facts, dataset["dataset_id"], _nearest_assertions(said), as_of)
    return {text: rows for text, rows in by_selector.items() if text not in matched}


def _nearest_assertions(rows: Sequence[Row]) -> list[Row]:
    nearest = max(Selector(row["selector"]).nearness for row in rows)
    kept = [row for row in rows if Selector(row["selector"]).nearness == nearest]
    own = [row for row in kept if row["source_id"] is None]
    return [row for row in kept if row["source_id"] is not None or row is own[-1]]


def _assign_role(facts: FactWriter, dataset_id: int, rows: Sequence[Row], as_of: str) -> None:
    """Assignments of one role; a term that ended in favour of a named successor makes the successor the owner."""
    states = [(row, _status(row, as_of)) for row in rows]
    named = {row["principal"] for row, state in states if state != "ended"}
    successors = [
        row for row, state in states if state == "ended" and row["replaced_by"] and row["replaced_by"] not in named
    ]
    saying: dict[Any, set[str]] = defaultdict(set)
    for row, state in states:
        if state == "active":
            saying[row["source_id"]].add(row["principal"])
    for row in successors:
        saying[row["source_id"]].add(row["replaced_by"])
    conflict = len({frozenset(principals) for principals in saying.values()}) > 1
    assignments = [(row, row["principal"], state) for row, state in states]
    assignments += [(row, row["replaced_by"], "active") for row in successors]
    seen: set[tuple[str, str]] = set()
    for row, principal, state in assignments:
        if (principal, state) in seen:
            continue
        seen.add((principal, state))
        facts.add(
            "owner_assignment",
            dataset_id=dataset_id,
            role=row["role"],
            principal=principal,
            status=state,
            conflict=conflict and state == "active",
            assertion_id=row["assertion_id"],
            file=row["file"],
            line=row["line"],
        )


def _status(row: Row, as_of: str) -> str:
    """active, ended or not_yet; a time nobody can read does not limit the assertion."""
    now = instants.parsed(as_of)
    begins, ends = _moment(row["valid_from"]), _moment(row["valid_to"])
    if ends is not None and ends <= now:
        return "ended"
    return "not_yet" if begins is not None and begins > now else "active"


def _moment(text: str | None) -> Any:
    try:
        return instants.parsed(text) if text else None
    except ValueError:
        return None


def _connect(facts: FactWriter, store: FactStore) -> None:
    """A ``register`` row for every kind that the configuration's own registers did not already give."""
    marks = ", ".join("?" * len(PROCESSING_KEYS))
    counts: Mapping[str, tuple[str, Sequence[str]]] = {
        "owners": ("SELECT count(*) AS entries FROM owner_assertion", ()),
        "principals": ("SELECT count(*) AS entries FROM principal", ()),
        "entities": ("SELECT count(*) AS entries FROM legal_entity", ()),
        "purposes": ("SELECT count(*) AS entries FROM purpose", ()),
        "processing": (f"SELECT count(*) AS entries FROM declaration WHERE key IN ({marks})", PROCESSING_KEYS),
        "notices": ("SELECT count(*) AS entries FROM notice", ()),
        "consent": ("SELECT count(*) AS entries FROM consent_ledger", ()),
    }
    known = {row["kind"] for row in store.query("SELECT kind FROM register")}
    places = store.query("SELECT file FROM source WHERE file IS NOT NULL ORDER BY source_id LIMIT 1")
    place = {"file": places[0]["file"], "line": 1} if places else {}
    for kind, (sql, values) in counts.items():
        if kind not in known:
            entries = store.query(sql, values)[0]["entries"]
            facts.add("register", kind=kind, connected=entries > 0, entries=entries, **place)


def _find_ledgers(facts: FactWriter, store: FactStore) -> None:
    unread = set(_unread(store))
    lost = {row["source_id"] for row in store.query("SELECT source_id, name FROM source") if row["name"] in unread}
    for ledger in store.query("SELECT ledger_id, source_id, mapping, file, line FROM consent_ledger"):
        table = json.loads(ledger["mapping"])["table"]
        found = store.query(
            "SELECT dataset_id FROM dataset WHERE source_id = ? AND name = ? COLLATE NOCASE",
            (ledger["source_id"], table),
        )
        if found:
            store.execute(
                "UPDATE consent_ledger SET dataset_id = ? WHERE ledger_id = ?",
                (found[0]["dataset_id"], ledger["ledger_id"]),
            )
            continue
        if ledger["source_id"] in lost:
            continue
        facts.add(
            "problem",
            stage="declare",
            source_id=ledger["source_id"],
            object=table,
            kind="unreadable",
            message=f"The consent ledger names the table {table!r}, which its source does not have.",
            fatal=True,
            file=ledger["file"],
            line=ledger["line"],
        )
