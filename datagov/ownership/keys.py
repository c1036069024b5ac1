"""The keys of declarations: which are about a dataset, which about a column, and which values each takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from datagov.vocabulary.categories import known_entity
from datagov.vocabulary.legal_bases import known_basis

ROLES: Mapping[str, str] = {"owner": "data_owner", "steward": "steward", "custodian": "custodian"}
"""Key of a declaration to the role it assigns."""

DATASET_KEYS = frozenset(
    (
        "purpose",
        "legal_basis",
        "controller",
        "region",
        "retention",
        "subject_key",
        "processed_at",
        "right_hold",
        "right_process_use",
        "right_operate",
        "scope",
        "sensitive",
        "classification",
    )
)
"""Keys of a declaration about a dataset."""

COLUMN_KEYS = frozenset(("entity_type", "classification", "fides", "dpv", "retention", "sensitive"))
"""Keys of a declaration about a column."""

_DURATION = re.compile(r"P(?=\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?")
_WORD = re.compile(r"\S{1,200}")


def _duration(value: str) -> None:
    if not _DURATION.fullmatch(value):
        raise ValueError("it must be an ISO 8601 duration such as P3Y")


def _scope(value: str) -> None:
    if value not in ("in", "out"):
        raise ValueError("it must be 'in' or 'out'")


def _truth(value: str) -> None:
    if value not in ("true", "false"):
        raise ValueError("it must be 'true' or 'false'")


def _word(value: str) -> None:
    if not _WORD.fullmatch(value):
        raise ValueError("it must be one word of at most 200 characters, without spaces")


_CHECKS: Mapping[str, Callable[[str], object]] = {
    "entity_type": known_entity,
    "legal_basis": known_basis,
    "retention": _duration,
    "scope": _scope,
    "sensitive": _truth,
}


def fault(key: str, value: str) -> str | None:
    """Why a text cannot be a value of a key, as the end of a sentence that does not repeat it; None when it can.

    >>> fault("retention", "P3Y"), fault("retention", "three years")
    (None, 'it must be an ISO 8601 duration such as P3Y')
    """
    try:
        _CHECKS.get(key, _word)(value)
    except ValueError as error:
        return str(error)
    return None
