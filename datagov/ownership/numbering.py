"""Numbers for facts that the declare stage adds in the name of a source, behind those the source gave itself."""

from __future__ import annotations

from datagov.facts import ID_STRIDE
from datagov.store import FactStore


def next_number(store: FactStore, source_id: int) -> int:
    """The first number behind what has landed of the source's declarations and assertions."""
    first, behind = source_id * ID_STRIDE, (source_id + 1) * ID_STRIDE
    (row,) = store.query(
        "SELECT max((SELECT coalesce(max(declaration_id), ?1 - 1) FROM declaration"
        " WHERE declaration_id >= ?1 AND declaration_id < ?2),"
        " (SELECT coalesce(max(assertion_id), ?1 - 1) FROM owner_assertion"
        " WHERE assertion_id >= ?1 AND assertion_id < ?2)) AS last",
        (first, behind),
    )
    return int(row["last"]) + 1 - first
