"""Which rules each tier of access can settle: from the catalog alone, with counts inside the source, with rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from datagov.contracts import Access


def tier(rule: Mapping[str, Any]) -> Access:
    """The least access to a source with which a rule can pass or fail.

    >>> tier({"kind": "facts", "requires": ["lineage", "owners"]}), tier({"kind": "consent", "requires": []})
    (<Access.METADATA: 'metadata'>, <Access.AGGREGATES: 'aggregates'>)
    """
    if "content" in rule.get("requires", ()):
        return Access.SAMPLES
    return Access.AGGREGATES if rule.get("kind") == "consent" else Access.METADATA


def by_tier(rules: Iterable[Mapping[str, Any]]) -> Mapping[Access, Sequence[str]]:
    """Ids of the rules that each tier adds to those before it."""
    found: dict[Access, list[str]] = {access: [] for access in Access}
    for rule in rules:
        found[tier(rule)].append(rule["id"])
    return found
