"""Lint: SQL files checked before they are merged, without a database; against a finished run, the flows they open."""

from __future__ import annotations

from typing import Any


def rules() -> dict[str, dict[str, Any]]:
    """Every rule of lint by id, in the form of the rules of an audit."""
    from datagov.lint.finding import documents

    return documents()
